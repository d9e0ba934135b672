package gyre.engine.kernel;

import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.Pipes;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxPseudoTerminals;
import gyre.sys.LinuxTerminals;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Pipes whose descriptors are the kernel's own. Confined to the thread of its engine. */
public final class KernelPipes implements Pipes {
  private static final String MULTIPLEXER = "/dev/ptmx";

  private final EngineCounters counters;
  private final CallState state;

  /** Goes with the engine. */
  private final MemorySegment memory = Arena.ofAuto().allocate(16, 8);

  private final long scratch = memory.address();

  /**
   * Pipes of one engine.
   *
   * @param calls of the engine, whose thread is the only one to use it
   */
  public KernelPipes(EngineCounters counters, CallState calls) {
    this.counters = counters;
    this.state = calls;
  }

  @Override
  public int pipe(int[] two) {
    counters.calls++;
    int result = LinuxFiles.pipe(state, scratch, LinuxFiles.O_CLOEXEC);
    return result < 0 ? result : keep(Memory.getInt(scratch), Memory.getInt(scratch + 4), two);
  }

  /** Neither of them where others expect what every program has. */
  private int keep(int first, int second, int[] two) {
    two[0] = LinuxFiles.awayFromStandard(state, first);
    two[1] = LinuxFiles.awayFromStandard(state, second);
    int failed = Math.min(two[0], two[1]);
    if (failed >= 0) {
      return 0;
    }
    for (int descriptor : two) {
      if (descriptor >= 0) {
        LinuxFiles.discard(state, descriptor);
      }
    }
    return failed;
  }

  @Override
  public int unblock(int descriptor) {
    counters.calls += 2;
    int flags = LinuxFiles.fcntl(state, descriptor, LinuxFiles.F_GETFL, 0);
    return flags < 0
        ? flags
        : LinuxFiles.fcntl(state, descriptor, LinuxFiles.F_SETFL, flags | LinuxFiles.O_NONBLOCK);
  }

  @Override
  public int standard(int number) {
    counters.calls += 2;
    return StandardDescriptors.isGiven(state, number)
        ? LinuxFiles.fcntl(state, number, LinuxFiles.F_DUPFD_CLOEXEC, LinuxFiles.STANDARD_COUNT)
        : Errno.EBADF.negated();
  }

  @Override
  public int resizeTerminal(int driver, int rows, int columns) {
    counters.calls++;
    return LinuxTerminals.setSize(state, driver, columns, rows);
  }

  @Override
  public int pseudoTerminal(int[] two) {
    Memory.putString(scratch, MULTIPLEXER);
    int flags = FileFlags.O_RDWR | FileFlags.O_NOCTTY | FileFlags.O_NONBLOCK | FileFlags.O_CLOEXEC;
    counters.calls += 4;
    int driver = LinuxFiles.openat(state, FileCalls.WORKING_DIRECTORY, scratch, flags, 0);
    if (driver < 0) {
      return driver;
    }
    int result = LinuxPseudoTerminals.unlock(state, driver, scratch);
    int number = result < 0 ? result : LinuxPseudoTerminals.number(state, driver, scratch);
    int user = number < 0 ? number : LinuxPseudoTerminals.openUser(state, driver);
    if (user < 0) {
      LinuxFiles.discard(state, driver);
      return user;
    }
    int kept = keep(driver, user, two);
    return kept < 0 ? kept : number;
  }
}
