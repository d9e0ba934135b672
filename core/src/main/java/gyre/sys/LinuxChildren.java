package gyre.sys;

/** Calls on child processes, each by its own descriptor. All answer a negative errno on failure. */
public final class LinuxChildren {
  /** Room for what the kernel tells of an end: {@code siginfo_t} and {@code struct rusage}. */
  public static final int ANSWER_BYTES = 128 + 144;

  private static final int BY_NUMBER = 1;
  private static final int BY_DESCRIPTOR = 3;
  private static final int EXITED = 4;
  private static final int NO_WAIT = 1;
  private static final int CODE_EXITED = 1;
  private static final int USAGE = 128;

  private LinuxChildren() {}

  /** Close-on-exec. */
  public static int open(CallState state, int process) {
    return Syscall.call(state, Syscall.PIDFD_OPEN, process, 0);
  }

  /**
   * Takes what became of a child: 1, or 0 if it has not ended.
   *
   * @param answer room for {@link #ANSWER_BYTES}
   */
  public static int collect(CallState state, int descriptor, long answer) {
    return await(state, BY_DESCRIPTOR, descriptor, EXITED | NO_WAIT, answer);
  }

  /** Waits for a child that nobody else waits for, and takes what became of it. */
  public static int await(CallState state, int process, long answer) {
    return await(state, BY_NUMBER, process, EXITED, answer);
  }

  private static int await(CallState state, int by, int id, int options, long answer) {
    Memory.putInt(answer, 0);
    int result = Syscall.call(state, Syscall.WAITID, by, id, answer, options, answer + USAGE);
    return result < 0 ? result : Memory.getInt(answer) != 0 ? 1 : 0;
  }

  /** Whether it has ended by itself: then {@link #status} is its code, else a signal. */
  public static boolean hasExited(long answer) {
    return Memory.getInt(answer + 8) == CODE_EXITED;
  }

  public static int status(long answer) {
    return Memory.getInt(answer + 24);
  }

  public static long userNanos(long answer) {
    return nanos(answer + USAGE);
  }

  public static long systemNanos(long answer) {
    return nanos(answer + USAGE + 16);
  }

  public static long peakMemoryBytes(long answer) {
    return Memory.getLong(answer + USAGE + 32) * 1024;
  }

  private static long nanos(long time) {
    return Memory.getLong(time) * 1_000_000_000L + Memory.getLong(time + 8) * 1000L;
  }

  public static int signal(CallState state, int descriptor, int signal) {
    return Syscall.call(state, Syscall.PIDFD_SEND_SIGNAL, descriptor, signal, 0, 0);
  }

  /** To a child that was not waited for, so that its number is still its own. */
  public static int signalProcess(CallState state, int process, int signal) {
    return Syscall.call(state, Syscall.KILL, process, signal);
  }

  public static int signalGroup(CallState state, int group, int signal) {
    return Syscall.call(state, Syscall.KILL, -(long) group, signal);
  }
}
