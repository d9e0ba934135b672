package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Processes;
import gyre.engine.Spawn;
import gyre.process.OsSignal;
import gyre.sim.fault.Fault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The children of one simulated program. */
final class SimProcesses implements Processes {
  private static final long LONGEST_START_NANOS = 3_000_000;
  private static final long LONGEST_LIFE_NANOS = 50_000_000;
  private static final String WITH_PARENT = "setpriv";
  private static final int ARGUMENTS_OF_WITH_PARENT = 4;

  private static final int FILE_MODE = 0666;

  private final SimEngine engine;
  private final SimFiles files;
  private final Universe universe;
  private final Chance times;

  SimProcesses(SimEngine engine, SimFiles files, Universe universe) {
    this.engine = engine;
    this.files = files;
    this.universe = universe;
    this.times = universe.chance("processes of " + engine.label());
  }

  private ProcessTable table() {
    return engine.machine().processes();
  }

  // ---- starting

  @Override
  public CompletableFuture<Integer> begin(Spawn spawn) {
    CompletableFuture<Integer> begun = new CompletableFuture<>();
    universe.at(
        universe.nowNanos() + 1 + times.below(LONGEST_START_NANOS),
        () -> {
          boolean ignored =
              begun.complete(engine.isGone() ? Errno.ECANCELED.negated() : start(spawn));
        });
    return begun;
  }

  private int start(Spawn spawn) {
    spawn.failed = Spawn.Part.COMMAND;
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.SPAWN_ERROR, engine, text(spawn.arguments[0]))) {
      return chaos.pick(
          Fault.SPAWN_ERROR,
          Errno.EAGAIN.negated(),
          Errno.ENOMEM.negated(),
          Errno.EMFILE.negated(),
          Errno.ENOENT.negated());
    }
    List<String> arguments =
        new ArrayList<>(Arrays.stream(spawn.arguments).map(this::text).toList());
    if (arguments.getFirst().equals(WITH_PARENT)) {
      arguments.subList(0, ARGUMENTS_OF_WITH_PARENT).clear();
    }
    String directory = spawn.directory == null ? "/" : text(spawn.directory);
    if (!engine.machine().hasProgram(arguments.getFirst())) {
      return Errno.ENOENT.negated();
    }
    if (spawn.directory != null && !isDirectory(directory)) {
      spawn.failed = Spawn.Part.DIRECTORY;
      return Errno.ENOENT.negated();
    }
    int number = table().free();
    if (number == 0) {
      return Errno.EAGAIN.negated();
    }
    PipeEnd[] standard = new PipeEnd[3];
    int result = direct(spawn, standard);
    if (result < 0) {
      close(standard);
      return result;
    }
    return start(spawn, number, new SimCommand(arguments, environment(spawn), directory), standard);
  }

  private int start(Spawn spawn, int number, SimCommand command, PipeEnd[] standard) {
    boolean leads = spawn.isGroupLeader || spawn.isSessionLeader;
    SimProcess own = engine.process();
    SimProcess child =
        new SimProcess(
            table(),
            number,
            command.program(),
            leads ? number : own == null ? 1 : own.group,
            spawn.isSessionLeader ? number : own == null ? 1 : own.session,
            engine,
            standard);
    table().add(child);
    universe.script(engine.label() + " starts " + child);
    engine.machine().start(child, command);
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.CHILD_DEATH, engine, child.name())) {
      universe.at(
          universe.nowNanos() + chaos.of(Fault.CHILD_DEATH).below(LONGEST_LIFE_NANOS),
          () -> child.send(OsSignal.KILL));
    }
    return number;
  }

  private boolean isDirectory(String path) {
    Disk disk = engine.machine().disk();
    DiskNode node = disk.find(disk.root(), path, true, false).node();
    return node != null && node.isDirectory();
  }

  /** What the child has for its input, output and errors. */
  private int direct(Spawn spawn, PipeEnd[] standard) {
    for (int i = 0; i < standard.length; i++) {
      int descriptor = spawn.descriptors[i];
      if (descriptor == Spawn.MERGE) {
        standard[i] = standard[1].duplicate();
      } else if (descriptor >= 0 && engine.find(descriptor) instanceof PipeEnd end) {
        standard[i] = end.duplicate();
      } else if (descriptor >= 0) {
        return Errno.EBADF.negated();
      } else if (descriptor == Spawn.FILE && !text(spawn.paths[i]).equals("/dev/null")) {
        spawn.failed = Spawn.Part.ofDescriptor(i);
        int opened =
            files.open(FileCalls.WORKING_DIRECTORY, spawn.paths[i], spawn.flags[i], FILE_MODE);
        if (opened < 0) {
          return opened;
        }
        standard[i] = files.toStream(opened);
      } else {
        PipeEnd own = descriptor == Spawn.INHERIT ? engine.standard(i) : null;
        standard[i] =
            own != null ? own.duplicate() : PipeEnd.ofNullDevice(universe, engine.machine());
      }
    }
    return 0;
  }

  @SuppressWarnings("ConstantValue") // those behind the one that failed are missing
  private static void close(@Nullable PipeEnd[] ends) {
    for (PipeEnd end : ends) {
      if (end != null) {
        end.close();
      }
    }
  }

  private String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private Map<String, String> environment(Spawn spawn) {
    Map<String, String> all = new LinkedHashMap<>();
    for (byte[] entry : spawn.environment) {
      String[] pair = text(entry).split("=", 2);
      all.put(pair[0], pair.length == 1 ? "" : pair[1]);
    }
    return all;
  }

  // ---- watching and ending

  @Override
  public int open(int number) {
    SimProcess process = table().find(number);
    if (process == null) {
      return -ESRCH;
    }
    ProcessEnd end = new ProcessEnd(universe, engine.machine(), process);
    int descriptor = engine.install(end);
    if (descriptor < 0) {
      end.close();
    }
    return descriptor;
  }

  private static final int ESRCH = 3;

  private @Nullable SimProcess of(int descriptor) {
    return engine.find(descriptor) instanceof ProcessEnd end ? end.process() : null;
  }

  @Override
  public int collect(int descriptor, Exit into) {
    SimProcess process = of(descriptor);
    if (process == null) {
      return Errno.EBADF.negated();
    }
    if (process.isRunning()) {
      return 0;
    }
    if (process.state() == SimProcess.State.GONE || process.parent() != engine) {
      return Errno.ECHILD.negated();
    }
    into.code = process.signal() == 0 ? process.code() : -1;
    into.signal = process.signal();
    process.collect();
    return 1;
  }

  @Override
  public int signal(int descriptor, int signal) {
    SimProcess process = of(descriptor);
    return process == null ? Errno.EBADF.negated() : send(List.of(process), signal);
  }

  @Override
  public int signalGroup(int group, int signal) {
    return send(table().members(group), signal);
  }

  private static int send(List<SimProcess> to, int signal) {
    List<SimProcess> present =
        to.stream().filter(one -> one.state() != SimProcess.State.GONE).toList();
    if (present.isEmpty()) {
      return -ESRCH;
    }
    OsSignal.numbered(signal).ifPresent(known -> present.forEach(one -> one.send(known)));
    return 0;
  }

  @Override
  public boolean isTaken(int number) {
    return table().isTaken(number);
  }

  @Override
  public void abandon(int number, int descriptor, boolean leadsGroup) {
    SimProcess process = table().find(number);
    if (process != null) {
      process.orphan();
      table().kill(leadsGroup ? table().members(number) : List.of(process));
    }
    discard(descriptor);
  }

  @Override
  public void discard(int descriptor) {
    SimSocket socket = engine.uninstall(descriptor);
    if (socket != null) {
      socket.close();
    }
  }
}
