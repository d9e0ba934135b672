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
import java.util.ArrayList;
import java.util.List;

/** Children by {@code posix_spawn} and pidfds. But for {@link #spawn} of its engine's thread. */
public final class KernelProcesses implements Processes {
  private static final int KILL = 9;
  private static final int FILE_MODE = 0666;

  /** O_PATH: needs no right to read it. */
  private static final int PATH_ONLY = 0x200000;

  private static final int FIRST_OTHER = 3;

  private final EngineCounters counters;
  private final CallState state = new CallState();
  private final long answer = Arena.global().allocate(LinuxChildren.ANSWER_BYTES, 8).address();

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
    for (int i = 0; i < spawn.descriptors.length; i++) {
      if (spawn.descriptors[i] == Spawn.FILE) {
        spawn.failed = Spawn.Part.ofDescriptor(i);
        int descriptor = openFile(own, arena, spawn.paths[i], spawn.flags[i]);
        if (descriptor < 0) {
          return descriptor;
        }
        opened.add(descriptor);
        int changed = letBlock(own, descriptor, spawn.flags[i]);
        if (changed < 0) {
          return changed;
        }
        spawn.descriptors[i] = descriptor;
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
    }
    spawn.failed = Spawn.Part.COMMAND;
    return start(spawn);
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

  private static int start(Spawn spawn) {
    for (byte[][] texts : new byte[][][] {spawn.arguments, spawn.environment}) {
      for (byte[] text : texts) {
        for (byte one : text) {
          if (one == 0) {
            return Errno.EINVAL.negated();
          }
        }
      }
    }
    int flags = spawn.isSessionLeader ? LinuxSpawn.SET_SESSION : 0;
    if (spawn.isGroupLeader && !spawn.isSessionLeader) {
      flags |= LinuxSpawn.SET_GROUP;
    }
    try (LinuxSpawn prepared = new LinuxSpawn(flags)) {
      byte[] terminal = spawn.terminal;
      if (terminal != null) {
        prepared.open(0, terminal, FileFlags.O_RDWR, 0); // becomes the one of the session
      }
      for (int i = 0; i < spawn.descriptors.length; i++) {
        if (spawn.descriptors[i] >= 0) {
          prepared.duplicate(spawn.descriptors[i], i);
        } else if (spawn.descriptors[i] == Spawn.MERGE) {
          prepared.duplicate(1, i);
        }
      }
      prepared.closeFrom(FIRST_OTHER);
      if (spawn.directory != null) {
        prepared.changeDirectory(spawn.directory);
      }
      return prepared.spawn(spawn.arguments, spawn.environment);
    }
  }

  @Override
  public int open(int process) {
    counters.calls++;
    return LinuxChildren.open(state, process);
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
  public int signalGroup(int group, int signal) {
    counters.calls++;
    return LinuxChildren.signalGroup(state, group, signal);
  }

  @Override
  public void abandon(int process, int descriptor) {
    int ignored =
        descriptor >= 0
            ? LinuxChildren.signal(state, descriptor, KILL)
            : LinuxChildren.signalProcess(state, process, KILL);
    Thread reaper =
        Thread.ofPlatform()
            .daemon()
            .name("gyre-reaper-" + process)
            .unstarted(() -> reap(process, descriptor));
    reaper.start();
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
