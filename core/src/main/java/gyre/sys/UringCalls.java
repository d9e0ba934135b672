package gyre.sys;

import java.lang.foreign.Arena;

/** The system calls of io_uring. */
public final class UringCalls {
  private UringCalls() {}

  /** The descriptor of a new ring, or a negative errno; {@code params} is filled by the kernel. */
  public static int setup(CallState state, int entries, long params) {
    return Syscall.call(state, Syscall.IO_URING_SETUP, entries, params);
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
    return (int)
        Syscall.call(
            state,
            Syscall.IO_URING_ENTER,
            ring,
            submit,
            minComplete,
            flags,
            argument,
            argumentBytes);
  }

  public static int register(CallState state, int ring, int operation, long argument, int count) {
    return Syscall.call(state, Syscall.IO_URING_REGISTER, ring, operation, argument, count);
  }

  /**
   * Sends the message that an entry describes to a ring, from any thread.
   *
   * <p>A thread that wakes a loop now and then has no place for errno of its own; making one costs
   * little beside the wake-up.
   *
   * @param of says which kernel; it may be in use by its own thread
   */
  public static int sendMessage(CallState of, long entry) {
    try (Arena arena = Arena.ofConfined()) {
      CallState state = of.another(arena);
      return register(state, -1, Uring.REGISTER_SEND_MSG_RING, entry, 1);
    }
  }
}
