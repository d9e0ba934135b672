package gyre.engine.kernel;

import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.Processes;
import gyre.engine.Spawn;
import gyre.sys.CallState;
import gyre.sys.LinuxChildren;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSpawn;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Children by {@code posix_spawn} and pidfds. But for {@link #spawn} of its engine's thread. */
public final class KernelProcesses implements Processes {
  private static final int KILL = 9;
  private static final int FILE_MODE = 0666;

  /** O_PATH: needs no right to read it. */
  private static final int PATH_ONLY = 0x200000;

  private static final byte[] NULL_DEVICE = "/dev/null".getBytes(StandardCharsets.US_ASCII);

  private final EngineCounters counters;
  private final CallState state = new CallState();

  /** Goes with the engine. */
  private final MemorySegment memory = Arena.ofAuto().allocate(LinuxChildren.ANSWER_BYTES, 8);

  private final long answer = memory.address();

  public KernelProcesses(EngineCounters counters) {
    this.counters = counters;
  }

  @Override
  public int spawn(Spawn spawn) {
    try (Arena arena = Arena.ofConfined()) {
      CallState own = new CallState(arena);
      List<Integer> opened = new ArrayList<>(3);
      try {
        return spawn(spawn, own, arena, opened);
      } finally {
        for (int descriptor : opened) {
          LinuxFiles.discard(descriptor);
        }
      }
    }
  }

  private static int spawn(Spawn spawn, CallState own, Arena arena, List<Integer> opened) {
    int[] sources = spawn.descriptors.clone();
    for (int i = 0; i < sources.length; i++) {
      boolean isKept =
          sources[i] >= LinuxFiles.STANDARD_COUNT
              || sources[i] == Spawn.MERGE
              || (sources[i] == Spawn.INHERIT && StandardDescriptors.isGiven(own, i));
      if (!isKept) {
        spawn.failed = Spawn.Part.ofDescriptor(i);
        int source = openSource(spawn, i, own, arena);
        if (source < 0) {
          return source;
        }
        opened.add(source);
        sources[i] = source;
      }
    }
    byte[] directory = spawn.directory;
    if (directory != null) {
      spawn.failed = Spawn.Part.DIRECTORY;
      int descriptor = openFile(own, arena, directory, FileFlags.O_DIRECTORY | PATH_ONLY);
      if (descriptor < 0) {
        return descriptor;
      }
      LinuxFiles.discard(descriptor);
      if (!LinuxSpawn.changesDirectories()) {
        return Errno.ENOSYS.negated();
      }
    }
    spawn.failed = Spawn.Part.COMMAND;
    return start(spawn, sources);
  }

  /**
   * What the child gets where that is not open yet, or not where it can be taken from: the child
   * has its three descriptors set one after the other, and what it still needs must not be among
   * them. None is left closed: the first file that it opens would be taken for it.
   */
  private static int openSource(Spawn spawn, int index, CallState own, Arena arena) {
    int given = spawn.descriptors[index];
    if (given >= 0) {
      return LinuxFiles.fcntl(own, given, LinuxFiles.F_DUPFD_CLOEXEC, LinuxFiles.STANDARD_COUNT);
    }
    boolean isFile = given == Spawn.FILE;
    int flags = isFile ? spawn.flags[index] : FileFlags.O_RDWR;
    int opened = openFile(own, arena, isFile ? spawn.paths[index] : NULL_DEVICE, flags);
    int descriptor = LinuxFiles.awayFromStandard(own, opened);
    int unblocked = descriptor < 0 ? descriptor : letBlock(own, descriptor, flags);
    if (descriptor >= 0 && unblocked < 0) {
      LinuxFiles.discard(descriptor);
    }
    return unblocked < 0 ? unblocked : descriptor;
  }

  private static int openFile(CallState own, Arena arena, byte[] path, int flags) {
    int checked = KernelFiles.checkPath(path);
    if (checked < 0) {
      return checked;
    }
    MemorySegment text = arena.allocate(path.length + 1L);
    long address = Memory.attach(text);
    KernelFiles.putPath(path, address);
    int result =
        LinuxFiles.openat(
            own,
            FileCalls.WORKING_DIRECTORY,
            text.address(),
            flags | FileFlags.O_CLOEXEC | FileFlags.O_NOCTTY | FileFlags.O_NONBLOCK,
            FILE_MODE);
    Memory.detach(address);
    return result;
  }

  /** It was opened so as not to wait for the other end of a FIFO; the child's calls may wait. */
  private static int letBlock(CallState own, int descriptor, int flags) {
    return LinuxFiles.fcntl(own, descriptor, LinuxFiles.F_SETFL, flags & ~FileFlags.O_NONBLOCK);
  }

  private static int start(Spawn spawn, int[] sources) {
    int flags = spawn.isSessionLeader ? LinuxSpawn.SET_SESSION : 0;
    if (spawn.isGroupLeader && !spawn.isSessionLeader) {
      flags |= LinuxSpawn.SET_GROUP;
    }
    try (LinuxSpawn prepared = new LinuxSpawn(flags)) {
      byte[] terminal = spawn.terminal;
      if (terminal != null) { // the first that its leader opens becomes the one of the session
        prepared.open(spawn.terminalDescriptor, terminal, FileFlags.O_RDWR, 0);
      }
      for (int i = 0; i < sources.length; i++) {
        if (sources[i] >= 0) {
          prepared.duplicate(sources[i], i);
        } else if (sources[i] == Spawn.MERGE) {
          prepared.duplicate(1, i);
        }
      }
      prepared.closeFrom(LinuxFiles.STANDARD_COUNT);
      byte[] directory = spawn.directory;
      if (directory != null) {
        prepared.changeDirectory(directory);
      }
      return prepared.spawn(spawn.arguments, spawn.environment);
    }
  }

  @Override
  public int open(int process) {
    counters.calls++;
    return LinuxFiles.awayFromStandard(state, LinuxChildren.open(state, process));
  }

  @Override
  public int collect(int descriptor, Exit into) {
    counters.calls++;
    int result = LinuxChildren.collect(state, descriptor, answer);
    if (result > 0) {
      boolean hasExited = LinuxChildren.hasExited(answer);
      into.code = hasExited ? LinuxChildren.status(answer) : -1;
      into.signal = hasExited ? 0 : LinuxChildren.status(answer);
      into.userNanos = LinuxChildren.userNanos(answer);
      into.systemNanos = LinuxChildren.systemNanos(answer);
      into.peakMemoryBytes = LinuxChildren.peakMemoryBytes(answer);
    }
    return result;
  }

  @Override
  public int signal(int descriptor, int signal) {
    counters.calls++;
    return LinuxChildren.signal(state, descriptor, signal);
  }

  @Override
  public boolean isTaken(int process) {
    counters.calls++;
    int result = LinuxChildren.signalProcess(state, process, 0);
    return result >= 0 || result == Errno.EPERM.negated();
  }

  @Override
  public int signalGroup(int group, int signal) {
    counters.calls++;
    return LinuxChildren.signalGroup(state, group, signal);
  }

  @Override
  public void abandon(int process, int descriptor, boolean leadsGroup) {
    try (Arena arena = Arena.ofConfined()) {
      CallState own = new CallState(arena);
      int ignored =
          leadsGroup
              ? LinuxChildren.signalGroup(own, process, KILL)
              : LinuxChildren.signalProcess(own, process, KILL);
    }
    Thread reaper =
        Thread.ofPlatform()
            .daemon()
            .name("gyre-reaper-" + process)
            .unstarted(() -> reap(process, descriptor));
    reaper.start();
  }

  @Override
  public void discard(int descriptor) {
    LinuxFiles.discard(descriptor);
  }

  private static void reap(int process, int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      CallState own = new CallState(arena);
      long memory = Memory.attach(arena.allocate(LinuxChildren.ANSWER_BYTES, 8));
      int result;
      do {
        result = LinuxChildren.await(own, process, memory);
      } while (result == Errno.EINTR.negated());
      Memory.detach(memory);
      if (descriptor >= 0) {
        LinuxFiles.discard(descriptor);
      }
    }
  }
}
