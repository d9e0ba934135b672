package gyre.process;

import gyre.Cancellation;
import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.FileFlags;
import gyre.engine.Processes;
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
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The start of one child: its descriptors are made, the program is started on the thread for that,
 * and what only the child needs is closed.
 */
final class Starting {
  private static final Charset CHARSET = charset();
  private static final int NONE = -1;
  private static final byte[] NULL_DEVICE = bytes("/dev/null");

  private enum State {
    UNDER_WAY,
    /** The fiber that waits has the result, or has given up. */
    ENDED,
    /** The loop was closed by force: nobody waits any more. */
    ABANDONED
  }

  private final Command command;
  private final Engine engine;
  private final AtomicReference<State> state = new AtomicReference<>(State.UNDER_WAY);
  private CompletableFuture<Integer> spawned = new CompletableFuture<>();
  private final Spawn spawn = new Spawn();

  /** Ours of each pipe, or -1. */
  private final int[] own = {-1, -1, -1};

  /** The driver's side of a pseudo-terminal, or -1. */
  private int terminal = -1;

  private int terminalUser = -1;

  /** What is the child's alone. */
  private final List<Integer> lent = new ArrayList<>(4);

  /** What the caller goes on with, or -1: closed where nobody can. */
  private int kept = -1;

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

  static ChildProcess start(Command command, Scope scope) {
    return start(command, scope, NONE, NONE, NONE);
  }

  /**
   * Starts one of a pipeline. Descriptors are -1 where there is none.
   *
   * @param input what it reads from in place of what its command says; is closed in any case
   * @param output the same of its output
   * @param kept what the next one will read from: stays the caller's
   */
  static ChildProcess start(Command command, Scope scope, int input, int output, int kept) {
    Engine engine = Internals.engine(scope);
    Starting starting = new Starting(command, engine);
    starting.kept = kept;
    try {
      starting.lend(input);
      starting.lend(output);
      Internals.checkCanOpen(scope);
      Cancellation.current().check();
      starting.prepare(input, output);
      return starting.start(scope);
    } finally {
      starting.end();
    }
  }

  private void lend(int descriptor) {
    if (descriptor >= 0) {
      lent.add(descriptor);
    }
  }

  private void prepare(int input, int output) {
    spawn.arguments = checked(arguments());
    spawn.environment =
        command.hasOwnEnvironment()
            ? checked(environment(command.environment()))
            : Inherited.ENVIRONMENT;
    Path directory = command.directory();
    spawn.directory = directory == null ? null : bytes(directory.toString());
    spawn.isSessionLeader = command.leadsSession();
    spawn.isGroupLeader = command.leadsGroup();
    direct(0, command.stdin(), input);
    direct(1, command.stdout(), output);
    direct(2, command.stderr(), NONE);
  }

  private byte[][] arguments() {
    List<String> all = new ArrayList<>();
    if (command.endsWithParent()) {
      all.addAll(List.of("setpriv", "--pdeathsig", "KILL", "--"));
    }
    all.addAll(command.all());
    return all.stream().map(Starting::bytes).toArray(byte[][]::new);
  }

  /** The environment of this program, which never changes. */
  private static final class Inherited {
    static final byte[][] ENVIRONMENT = environment(System.getenv());
  }

  private static byte[][] environment(Map<String, String> all) {
    return all.entrySet().stream()
        .map(entry -> bytes(entry.getKey() + "=" + entry.getValue()))
        .toArray(byte[][]::new);
  }

  /** The kernel takes a zero for the end of a text. */
  private byte[][] checked(byte[][] texts) {
    for (byte[] text : texts) {
      for (byte one : text) {
        if (one == 0) {
          throw ProcessException.ofZero(command);
        }
      }
    }
    return texts;
  }

  private void direct(int index, Stdio to, int given) {
    if (given >= 0) {
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
      check(
          engine
              .pipes()
              .resizeTerminal(terminal, command.terminalRows(), command.terminalColumns()));
      if (command.leadsSession()) {
        spawn.terminal = bytes("/dev/pts/" + number);
        spawn.terminalDescriptor = terminalUser;
      }
    }
    return terminalUser;
  }

  private void check(int result) {
    if (result < 0) {
      throw ProcessException.ofStart(command, result);
    }
  }

  /**
   * Not cancelled: it takes no longer than the child's program needs to begin. Until then the
   * descriptors are in use on another thread, and afterwards somebody has to know of the child.
   */
  private ChildProcess start(Scope scope) {
    Starts starts = Starts.of(Internals.loop(scope));
    CompletableFuture<Integer> begun = engine.processes().begin(spawn);
    spawned = begun == null ? Spawner.spawn(this::spawn) : begun;
    starts.begun(this);
    try {
      Internals.awaitAnywhereUncancelled(spawned);
    } catch (Throwable e) {
      kept = NONE; // the caller goes on
      abandon();
      throw e;
    } finally {
      starts.ended(this);
    }
    if (!state.compareAndSet(State.UNDER_WAY, State.ENDED)) {
      throw new IllegalStateException("run " + command + ": its loop was closed meanwhile");
    }
    int process = result(spawned);
    if (process < 0) {
      throw ProcessException.ofStart(command, spawn, process);
    }
    int descriptor = engine.processes().open(process);
    if (descriptor < 0) {
      engine.processes().abandon(process, NONE, command.leadsGroup());
      throw ProcessException.ofStart(command, descriptor);
    }
    ChildProcess child = new ChildProcess(scope, command, process, descriptor);
    child.streams(
        stream(scope, "stdin", NONE, take(0)),
        stream(scope, "stdout", take(1), NONE),
        stream(scope, "stderr", take(2), NONE),
        terminalStream(scope));
    return child;
  }

  /** On the thread that spawns. */
  private int spawn() {
    return state.get() == State.ABANDONED
        ? Errno.ECANCELED.negated()
        : engine.processes().spawn(spawn);
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

  /** What no stream has taken is closed, the child's ends too: it has its own by now. */
  private void end() {
    boolean ignored = state.compareAndSet(State.UNDER_WAY, State.ENDED);
    if (state.get() == State.ENDED) { // else it was closed, or is when the spawn has ended
      held().forEach(engine.sockets()::close);
    }
  }

  /** Their numbers, as far as this has them, but for what is the caller's. */
  private List<Integer> held() {
    List<Integer> all = new ArrayList<>(lent);
    for (int descriptor : new int[] {own[0], own[1], own[2], terminal}) {
      if (descriptor >= 0) {
        all.add(descriptor);
      }
    }
    return all;
  }

  /** On whatever thread closes the loop. The spawn may be under way, and uses the descriptors. */
  void abandon() {
    if (!state.compareAndSet(State.UNDER_WAY, State.ABANDONED)) {
      return;
    }
    Processes processes = engine.processes();
    var ignored =
        spawned.whenComplete((process, failure) -> {
          if (process != null && process > 0) {
            processes.abandon(process, NONE, command.leadsGroup());
          }
          held().forEach(processes::discard);
          if (kept >= 0) {
            processes.discard(kept);
          }
        });
  }
}
