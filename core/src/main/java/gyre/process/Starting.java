package gyre.process;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.FileFlags;
import gyre.engine.Spawn;
import gyre.spi.Internals;
import gyre.stream.DescriptorStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The start of one child: its descriptors are made, the program is started on the thread for that,
 * and what only the child needs is closed.
 */
final class Starting {
  private static final Charset CHARSET = charset();
  private static final byte[] NULL_DEVICE = bytes("/dev/null");

  private final Command command;
  private final Engine engine;
  private final Spawn spawn = new Spawn();

  /** Ours of each pipe, or -1. */
  private final int[] own = {-1, -1, -1};

  /** The driver's side of a pseudo-terminal, or -1. */
  private int terminal = -1;

  private int terminalUser = -1;

  /** What is the child's alone. */
  private final List<Integer> lent = new ArrayList<>(4);

  private Starting(Command command, Engine engine) {
    this.command = command;
    this.engine = engine;
  }

  private static Charset charset() {
    String encoding = System.getProperty("sun.jnu.encoding");
    return encoding != null && Charset.isSupported(encoding)
        ? Charset.forName(encoding)
        : StandardCharsets.UTF_8;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(CHARSET);
  }

  /**
   * @param input the descriptor that it reads from, which is the caller's, in place of what its
   *     command says
   * @param output the same of its output
   */
  static ChildProcess start(
      Command command, Scope scope, @Nullable Integer input, @Nullable Integer output) {
    gyre.Cancellation.current().check();
    Starting starting = new Starting(command, Internals.engineToOpenIn(scope));
    try {
      starting.prepare(input, output);
      return starting.start(scope);
    } catch (Throwable failed) {
      starting.giveUp();
      throw failed;
    } finally {
      starting.lent.forEach(starting.engine.sockets()::close);
    }
  }

  private void prepare(@Nullable Integer input, @Nullable Integer output) {
    spawn.arguments = arguments();
    spawn.environment = environment();
    Path directory = command.directory();
    spawn.directory = directory == null ? null : bytes(directory.toString());
    spawn.isSessionLeader = command.leadsSession();
    spawn.isGroupLeader = command.leadsGroup();
    direct(0, command.stdin(), input);
    direct(1, command.stdout(), output);
    direct(2, command.stderr(), null);
  }

  private byte[][] arguments() {
    List<String> all = new ArrayList<>();
    if (command.endsWithParent()) {
      all.addAll(List.of("setpriv", "--pdeathsig", "KILL", "--"));
    }
    all.addAll(command.all());
    return all.stream().map(Starting::bytes).toArray(byte[][]::new);
  }

  private byte[][] environment() {
    Map<String, String> all = command.environment();
    return all.entrySet().stream()
        .map(entry -> bytes(entry.getKey() + "=" + entry.getValue()))
        .toArray(byte[][]::new);
  }

  private void direct(int index, Stdio to, @Nullable Integer given) {
    if (given != null) {
      spawn.descriptors[index] = given;
    } else if (to instanceof Stdio.OfFile file) {
      spawn.descriptors[index] = Spawn.FILE;
      spawn.paths[index] = bytes(file.path().toString());
      spawn.flags[index] = index == 0 ? FileFlags.O_RDONLY : outputFlags(file);
    } else if (to.equals(Stdio.NULL)) {
      spawn.descriptors[index] = Spawn.FILE;
      spawn.paths[index] = NULL_DEVICE;
      spawn.flags[index] = FileFlags.O_RDWR;
    } else if (to.equals(Stdio.MERGE)) {
      spawn.descriptors[index] = Spawn.MERGE;
    } else if (to.equals(Stdio.PIPE)) {
      spawn.descriptors[index] = openPipe(index);
    } else if (to.equals(Stdio.TERMINAL)) {
      spawn.descriptors[index] = openTerminal();
    }
  }

  private static int outputFlags(Stdio.OfFile file) {
    int manner = file.isAppending() ? FileFlags.O_APPEND : FileFlags.O_TRUNC;
    return FileFlags.O_WRONLY | FileFlags.O_CREAT | manner;
  }

  /** The child's end. */
  private int openPipe(int index) {
    int[] two = new int[2];
    check(engine.pipes().pipe(two));
    int childs = index == 0 ? two[0] : two[1];
    own[index] = index == 0 ? two[1] : two[0];
    lent.add(childs);
    check(engine.pipes().unblock(own[index]));
    return childs;
  }

  private int openTerminal() {
    if (terminalUser < 0) {
      int[] two = new int[2];
      int number = engine.pipes().pseudoTerminal(two);
      check(number);
      terminal = two[0];
      terminalUser = two[1];
      lent.add(terminalUser);
      if (command.leadsSession()) {
        spawn.terminal = bytes("/dev/pts/" + number);
      }
    }
    return terminalUser;
  }

  private void check(int result) {
    if (result < 0) {
      throw ProcessException.of("run", command.toString(), result);
    }
  }

  /**
   * Not cancelled: it takes no longer than the child's program needs to begin. Until then the
   * descriptors are in use on another thread, and afterwards somebody has to know of the child.
   */
  private ChildProcess start(Scope scope) {
    CompletableFuture<Integer> spawned = Spawner.spawn(engine.processes(), spawn);
    Internals.awaitAnywhereUncancelled(spawned);
    int process = result(spawned);
    if (process < 0) {
      throw ProcessException.ofStart(command, spawn, process);
    }
    int descriptor = engine.processes().open(process);
    if (descriptor < 0) {
      engine.processes().abandon(process, descriptor);
      throw ProcessException.of("run", command.toString(), descriptor);
    }
    ChildProcess child = new ChildProcess(scope, command, process, descriptor);
    child.streams(
        stream(scope, "stdin", -1, take(0)),
        stream(scope, "stdout", take(1), -1),
        stream(scope, "stderr", take(2), -1),
        terminalStream(scope));
    return child;
  }

  private static int result(CompletableFuture<Integer> ended) {
    try {
      return ended.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof Error error) {
        throw error;
      }
      throw failed;
    }
  }

  private int take(int index) {
    int taken = own[index];
    own[index] = -1;
    return taken;
  }

  private @Nullable DescriptorStream stream(Scope scope, String kind, int read, int write) {
    return read < 0 && write < 0
        ? null
        : new DescriptorStream(scope, kind, command.toString(), read, write, command.pipes());
  }

  private @Nullable DescriptorStream terminalStream(Scope scope) {
    int taken = terminal;
    terminal = -1;
    DescriptorStream stream = stream(scope, "terminal", taken, taken);
    if (stream != null) {
      stream.endsByError();
    }
    return stream;
  }

  private void giveUp() {
    for (int i = 0; i < own.length; i++) {
      int descriptor = take(i);
      if (descriptor >= 0) {
        engine.sockets().close(descriptor);
      }
    }
    if (terminal >= 0) {
      engine.sockets().close(terminal);
    }
  }
}
