package gyre.sys;

import static gyre.sys.Native.INT;
import static gyre.sys.Native.LONG;

import java.lang.invoke.MethodHandle;

/** Calls on descriptors of any kind. All answer a negative errno where they fail. */
public final class LinuxFiles {
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  public static final int F_GETFL = 3;
  public static final int F_SETFL = 4;

  private LinuxFiles() {}

  private static final class Close {
    static final MethodHandle HANDLE = Native.call("close", INT, INT);
  }

  public static int close(CallState state, int fd) {
    try {
      return state.result((int) Close.HANDLE.invokeExact(state.segment, fd));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Read {
    static final MethodHandle HANDLE = Native.call("read", LONG, INT, LONG, LONG);
  }

  public static int read(CallState state, int fd, long address, long length) {
    try {
      return state.result((long) Read.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Write {
    static final MethodHandle HANDLE = Native.call("write", LONG, INT, LONG, LONG);
  }

  public static int write(CallState state, int fd, long address, long length) {
    try {
      return state.result((long) Write.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Fcntl {
    static final MethodHandle HANDLE = Native.variadic("fcntl", 2, INT, INT, INT, LONG);
  }

  public static int fcntl(CallState state, int fd, int command, long argument) {
    try {
      return state.result((int) Fcntl.HANDLE.invokeExact(state.segment, fd, command, argument));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class EventFd {
    static final MethodHandle HANDLE = Native.call("eventfd", INT, INT, INT);
  }

  /** Non-blocking and close-on-exec. */
  public static int eventfd(CallState state, int initial) {
    try {
      return state.result(
          (int) EventFd.HANDLE.invokeExact(state.segment, initial, O_NONBLOCK | O_CLOEXEC));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class EventFdWrite {
    static final MethodHandle HANDLE = Native.plain("eventfd_write", INT, INT, LONG);
  }

  /**
   * Adds 1 to an eventfd, from any thread: it needs no {@link CallState}, since the one way to fail
   * is a full counter, whose reader has a wake-up coming anyway.
   */
  public static void signal(int eventfd) {
    try {
      int ignored = (int) EventFdWrite.HANDLE.invokeExact(eventfd, 1L);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
