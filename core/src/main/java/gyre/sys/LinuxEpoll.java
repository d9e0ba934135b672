package gyre.sys;

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

  /** Close-on-exec. */
  public static int create(CallState state) {
    return Syscall.call(state, Syscall.EPOLL_CREATE1, LinuxFiles.O_CLOEXEC);
  }

  public static int control(CallState state, int epoll, int command, int fd, long event) {
    return Syscall.call(state, Syscall.EPOLL_CTL, epoll, command, fd, event);
  }

  /** Waits with the old clock of milliseconds; -1 is for ever. */
  public static int waitMillis(
      CallState state, int epoll, long events, int capacity, int timeoutMillis) {
    // Of the plain epoll_wait newer architectures have none.
    return Syscall.call(state, Syscall.EPOLL_PWAIT, epoll, events, capacity, timeoutMillis, 0);
  }

  /** Waits for as long as a {@code struct timespec} says; {@code -ENOSYS} before Linux 5.11. */
  public static int waitTimespec(
      CallState state, int epoll, long events, int capacity, long timespec) {
    return Syscall.call(state, Syscall.EPOLL_PWAIT2, epoll, events, capacity, timespec, 0);
  }
}
