package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Calls on descriptors of any kind. All answer a negative errno where they fail. */
public final class LinuxFiles {
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  public static final int F_GETFL = 3;
  public static final int F_SETFL = 4;

  /** What is written to an eventfd, and where those leave errno who don't look at it. */
  private static final class Signal {
    static final long ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1L).address();
    static final CallState IGNORED = new CallState();
  }

  private LinuxFiles() {}

  public static int close(CallState state, int fd) {
    return Syscall.call(state, Syscall.CLOSE, fd);
  }

  /** From any thread: nobody looks at errno. */
  public static void discard(int fd) {
    int ignored = close(Signal.IGNORED, fd);
  }

  public static int read(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.READ, fd, address, length);
  }

  public static int write(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.WRITE, fd, address, length);
  }

  public static int fcntl(CallState state, int fd, int command, long argument) {
    return Syscall.call(state, Syscall.FCNTL, fd, command, argument);
  }

  /** Non-blocking and close-on-exec. */
  public static int eventfd(CallState state, int initial) {
    return Syscall.call(state, Syscall.EVENTFD2, initial, O_NONBLOCK | O_CLOEXEC);
  }

  /**
   * Adds 1 to an eventfd, from any thread: it needs no {@link CallState}, since the one way to fail
   * is a full counter, whose reader has a wake-up coming anyway.
   */
  public static void signal(int eventfd) {
    int ignored = write(Signal.IGNORED, eventfd, Signal.ONE, Long.BYTES);
  }
}
