package gyre.sys;

/**
 * Who answers system calls in place of the machine's own kernel: the seam below the engines.
 *
 * <p>An engine that is opened with a {@link CallState} of such a kernel runs unchanged, on the same
 * memory and the same structures, and never reaches the machine's own. Calls come from the thread
 * of the engine, except those that wake it.
 */
public interface Kernel {
  /**
   * Carries out one system call.
   *
   * @param number out of {@link Syscall}
   * @return its result, or a negative errno
   */
  long call(int number, long a, long b, long c, long d, long e, long f);

  /** Monotonic time, as {@link System#nanoTime}. */
  long nanoTime();

  /** Memory for the arguments of calls, zeroed and aligned to 8, as long as the kernel lives. */
  long allocate(long bytes);
}
