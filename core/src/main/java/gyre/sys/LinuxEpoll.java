package gyre.sys;

import static gyre.sys.Native.INT;
import static gyre.sys.Native.LONG;

import java.lang.invoke.MethodHandle;

/** epoll, and the layout of its events, which is packed on x86-64 alone. */
public final class LinuxEpoll {
  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int EPOLL_CTL_MOD = 3;
  public static final int EPOLLIN = 0x1;
  public static final int EPOLLPRI = 0x2;
  public static final int EPOLLOUT = 0x4;
  public static final int EPOLLERR = 0x8;
  public static final int EPOLLHUP = 0x10;
  public static final int EPOLLRDHUP = 0x2000;
  public static final int EPOLLET = 1 << 31;

  /** {@code sizeof(struct epoll_event)}. */
  public static final int EVENT_BYTES = System.getProperty("os.arch").equals("amd64") ? 12 : 16;

  private static final int DATA_OFFSET = EVENT_BYTES - 8;

  /** The same number on every architecture; C libraries are slow to offer a function. */
  private static final long SYS_EPOLL_PWAIT2 = 441;

  private LinuxEpoll() {}

  public static void putEvent(long address, int events, long data) {
    Memory.putInt(address, events);
    Memory.putLong(address + DATA_OFFSET, data);
  }

  public static int events(long address, int index) {
    return Memory.getInt(address + (long) index * EVENT_BYTES);
  }

  public static long data(long address, int index) {
    return Memory.getLong(address + (long) index * EVENT_BYTES + DATA_OFFSET);
  }

  private static final class Create {
    static final MethodHandle HANDLE = Native.call("epoll_create1", INT, INT);
  }

  /** Close-on-exec. */
  public static int create(CallState state) {
    try {
      return state.result((int) Create.HANDLE.invokeExact(state.segment, LinuxFiles.O_CLOEXEC));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Control {
    static final MethodHandle HANDLE = Native.call("epoll_ctl", INT, INT, INT, INT, LONG);
  }

  public static int control(CallState state, int epoll, int command, int fd, long event) {
    try {
      return state.result(
          (int) Control.HANDLE.invokeExact(state.segment, epoll, command, fd, event));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Wait {
    static final MethodHandle HANDLE = Native.call("epoll_wait", INT, INT, LONG, INT, INT);
  }

  /** Waits with the old clock of milliseconds; -1 is for ever. */
  public static int waitMillis(
      CallState state, int epoll, long events, int capacity, int timeoutMillis) {
    try {
      return state.result(
          (int) Wait.HANDLE.invokeExact(state.segment, epoll, events, capacity, timeoutMillis));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class WaitTimespec {
    static final MethodHandle HANDLE =
        Native.variadic("syscall", 1, LONG, LONG, INT, LONG, INT, LONG, LONG, LONG);
  }

  /** Waits for as long as a {@code struct timespec} says; {@code -ENOSYS} before Linux 5.11. */
  public static int waitTimespec(
      CallState state, int epoll, long events, int capacity, long timespec) {
    try {
      return state.result(
          (long)
              WaitTimespec.HANDLE.invokeExact(
                  state.segment, SYS_EPOLL_PWAIT2, epoll, events, capacity, timespec, 0L, 0L));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
