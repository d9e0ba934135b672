package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Calls on descriptors of any kind. All answer a negative errno where they fail. */
public final class LinuxFiles {
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;

  public static final int AT_FDCWD = -100;
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_EMPTY_PATH = 0x1000;

  /** All of the basic fields. */
  public static final int STATX_BASIC_STATS = 0x7ff;

  /** Of {@code struct statx}. */
  public static final int STATX_BYTES = 256;

  /** The longest path, with the zero at its end. */
  public static final int PATH_BYTES = 4096;

  private static final int S_IFIFO = 0x1000;

  /** The descriptors that every program expects: its input, its output and its errors. */
  public static final int STANDARD_COUNT = 3;

  public static final int F_DUPFD_CLOEXEC = 1030;
  private static final int F_GETFD = 1;
  private static final int FD_CLOEXEC = 1;
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

  /** The same on the kernel that another state calls, which may be in use by its own thread. */
  public static void discard(CallState of, int fd) {
    int ignored = close(ofAnyThread(of), fd);
  }

  private static CallState ofAnyThread(CallState of) {
    return of.isReal() ? Signal.IGNORED : of;
  }

  /**
   * Moves a new descriptor away from 0, 1 and 2. The kernel gives those out where this process was
   * started without one of them, and then everybody who prints would write into it.
   *
   * @param fd may be a negative errno, which is the answer then
   */
  public static int awayFromStandard(CallState state, int fd) {
    if (fd < 0 || fd >= STANDARD_COUNT) {
      return fd;
    }
    int moved = fcntl(state, fd, F_DUPFD_CLOEXEC, STANDARD_COUNT);
    discard(fd);
    return moved;
  }

  /** Whether it is open, and would be in a program that this process becomes: no close-on-exec. */
  public static boolean isInherited(CallState state, int fd) {
    int flags = fcntl(state, fd, F_GETFD, 0);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
  }

  public static int read(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.READ, fd, address, length);
  }

  public static int write(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.WRITE, fd, address, length);
  }

  public static int pread(CallState state, int fd, long address, long length, long offset) {
    return Syscall.call(state, Syscall.PREAD64, fd, address, length, offset);
  }

  public static int pwrite(CallState state, int fd, long address, long length, long offset) {
    return Syscall.call(state, Syscall.PWRITE64, fd, address, length, offset);
  }

  public static int openat(CallState state, int directory, long path, int flags, int mode) {
    return Syscall.call(state, Syscall.OPENAT, directory, path, flags, mode);
  }

  public static int fsync(CallState state, int fd) {
    return Syscall.call(state, Syscall.FSYNC, fd);
  }

  public static int fdatasync(CallState state, int fd) {
    return Syscall.call(state, Syscall.FDATASYNC, fd);
  }

  /**
   * Asks what a file is.
   *
   * @param buffer room for {@link #STATX_BYTES}
   */
  public static int statx(
      CallState state, int directory, long path, int flags, int mask, long buffer) {
    return Syscall.call(state, Syscall.STATX, directory, path, flags, mask, buffer);
  }

  /**
   * Makes a pipe.
   *
   * @param two room for two ints: the end to read from, and the one to write to
   */
  public static int pipe(CallState state, long two, int flags) {
    return Syscall.call(state, Syscall.PIPE2, two, flags);
  }

  public static int makeFifo(CallState state, long path, int mode) {
    return Syscall.call(state, Syscall.MKNODAT, AT_FDCWD, path, S_IFIFO | mode, 0);
  }

  // What stands in a struct statx.

  public static int statxBlockBytes(long statx) {
    return Memory.getInt(statx + 4);
  }

  public static int statxLinks(long statx) {
    return Memory.getInt(statx + 16);
  }

  public static int statxUser(long statx) {
    return Memory.getInt(statx + 20);
  }

  public static int statxGroup(long statx) {
    return Memory.getInt(statx + 24);
  }

  public static int statxMode(long statx) {
    return Memory.getShort(statx + 28) & 0xFFFF;
  }

  public static long statxInode(long statx) {
    return Memory.getLong(statx + 32);
  }

  public static long statxSizeBytes(long statx) {
    return Memory.getLong(statx + 40);
  }

  public static long statxAllocatedBytes(long statx) {
    return Memory.getLong(statx + 48) * 512;
  }

  public static long statxAccessedNanos(long statx) {
    return nanos(statx + 64);
  }

  public static long statxChangedNanos(long statx) {
    return nanos(statx + 96);
  }

  public static long statxModifiedNanos(long statx) {
    return nanos(statx + 112);
  }

  public static long statxDevice(long statx) {
    return ((long) Memory.getInt(statx + 136) << 32) | (Memory.getInt(statx + 140) & 0xFFFF_FFFFL);
  }

  private static long nanos(long timestamp) {
    return Memory.getLong(timestamp) * 1_000_000_000L + Memory.getInt(timestamp + 8);
  }

  public static int fcntl(CallState state, int fd, int command, long argument) {
    return Syscall.call(state, Syscall.FCNTL, fd, command, argument);
  }

  /**
   * Waits until a descriptor is ready.
   *
   * @param scratch room for 24 bytes
   * @return which of the events are there; 0 when the time is up
   */
  public static int poll(CallState state, int fd, int events, long timeoutNanos, long scratch) {
    Memory.putInt(scratch, fd);
    Memory.putInt(scratch + 4, events); // and no results yet
    Memory.putLong(scratch + 8, timeoutNanos / 1_000_000_000);
    Memory.putLong(scratch + 16, timeoutNanos % 1_000_000_000);
    int count = Syscall.call(state, Syscall.PPOLL, scratch, 1, scratch + 8, 0, 0);
    return count > 0 ? Memory.getShort(scratch + 6) & 0xFFFF : count;
  }

  /** Non-blocking and close-on-exec. */
  public static int eventfd(CallState state, int initial) {
    return Syscall.call(state, Syscall.EVENTFD2, initial, O_NONBLOCK | O_CLOEXEC);
  }

  /**
   * Adds 1 to an eventfd, from any thread: of the {@link CallState}, which may be in use by its own
   * thread, it takes nothing but the kernel. The one way to fail is a full counter, whose reader
   * has a wake-up coming anyway.
   */
  public static void signal(CallState of, int eventfd) {
    int ignored = write(ofAnyThread(of), eventfd, Signal.ONE, Long.BYTES);
  }
}
