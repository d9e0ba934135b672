package gyre;

import gyre.engine.Errno;
import gyre.sys.LinuxThreads;

/**
 * Has the thread of a loop run on one processor alone. Where that cannot be done at all (another
 * system, no foreign calls) the program goes on as it is, and a line of the log says why; a
 * processor that this process may not use is the caller's mistake.
 */
final class Pinning {
  private static final System.Logger LOGGER = System.getLogger("gyre");

  private Pinning() {}

  /** Of the calling thread. */
  static void pin(String loop, int cpu) {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      tell(loop, cpu, "only on Linux");
      return;
    }
    int result;
    try {
      result = LinuxThreads.pin(cpu);
    } catch (LinkageError | IllegalCallerException e) {
      tell(loop, cpu, "no foreign calls here, start java with --enable-native-access");
      return;
    }
    if (result == Errno.EPERM.negated()) {
      tell(loop, cpu, "not permitted here");
    } else if (result < 0) {
      throw new IllegalArgumentException(
          loop
              + " cannot be pinned to CPU "
              + cpu
              + ": "
              + Errno.describe(result)
              + "; this process may use "
              + LinuxThreads.cpus());
    }
  }

  private static void tell(String loop, int cpu, String why) {
    LOGGER.log(System.Logger.Level.WARNING, loop + " is not pinned to CPU " + cpu + ": " + why);
  }
}
