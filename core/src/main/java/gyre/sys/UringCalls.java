package gyre.sys;

import static gyre.sys.Native.LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/**
 * The system calls of io_uring, which the C library does not wrap. Their numbers are the same on
 * every architecture.
 */
public final class UringCalls {
  private static final long NUMBER_SETUP = 425;
  private static final long NUMBER_ENTER = 426;
  private static final long NUMBER_REGISTER = 427;

  private UringCalls() {}

  /** {@code long syscall(long number, ...)}: six words cover every call here. */
  private static final class Syscall {
    static final MethodHandle HANDLE =
        Native.variadic("syscall", 1, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);
  }

  /** The descriptor of a new ring, or a negative errno; {@code params} is filled by the kernel. */
  public static int setup(CallState state, int entries, long params) {
    return call(state, NUMBER_SETUP, entries, params, 0, 0, 0, 0);
  }

  /**
   * The number of entries submitted, or a negative errno.
   *
   * @param argument a {@code struct io_uring_getevents_arg} where the flags say so, else 0
   */
  public static int enter(
      CallState state,
      int ring,
      int submit,
      int minComplete,
      int flags,
      long argument,
      long argumentBytes) {
    return call(state, NUMBER_ENTER, ring, submit, minComplete, flags, argument, argumentBytes);
  }

  public static int register(CallState state, int ring, int operation, long argument, int count) {
    return call(state, NUMBER_REGISTER, ring, operation, argument, count, 0, 0);
  }

  /**
   * Sends the message that an entry describes to a ring, from any thread.
   *
   * <p>A thread that wakes a loop now and then has no place for errno of its own; making one costs
   * little beside the wake-up.
   */
  public static int sendMessage(long entry) {
    try (Arena arena = Arena.ofConfined()) {
      CallState state = new CallState(arena);
      return register(state, -1, Uring.REGISTER_SEND_MSG_RING, entry, 1);
    }
  }

  private static int call(
      CallState state, long number, long a, long b, long c, long d, long e, long f) {
    try {
      return state.result(
          (long) Syscall.HANDLE.invokeExact(state.segment, number, a, b, c, d, e, f));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
