package gyre.sys;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The one foreign function of Gyre: {@code long syscall(long number, ...)}.
 *
 * <p>Every system call goes through this handle. A handle for each would be linked, with classes
 * spun for it, when it is first used: on a cold JVM that took a third of the start-up of a server.
 * The C library's wrapper moves six registers and enters the kernel; what it costs beside a
 * function of its own could not be measured.
 *
 * <p>A {@link CallState} that was made for a simulated {@link Kernel} has that answer instead.
 *
 * <p>Numbers are those of the kernel, which are not the same on every architecture.
 */
public final class Syscall {
  private static final boolean IS_X86 = System.getProperty("os.arch").equals("amd64");

  public static final int READ = number(0, 63);
  public static final int WRITE = number(1, 64);
  public static final int CLOSE = number(3, 57);
  public static final int MMAP = number(9, 222);
  public static final int MUNMAP = number(11, 215);
  public static final int IOCTL = number(16, 29);
  public static final int PREAD64 = number(17, 67);
  public static final int PWRITE64 = number(18, 68);
  public static final int GETPID = number(39, 172);
  public static final int SOCKET = number(41, 198);
  public static final int CONNECT = number(42, 203);
  public static final int SENDTO = number(44, 206);
  public static final int RECVFROM = number(45, 207);
  public static final int SENDMSG = number(46, 211);
  public static final int RECVMSG = number(47, 212);
  public static final int SHUTDOWN = number(48, 210);
  public static final int BIND = number(49, 200);
  public static final int LISTEN = number(50, 201);
  public static final int GETSOCKNAME = number(51, 204);
  public static final int GETPEERNAME = number(52, 205);
  public static final int SOCKETPAIR = number(53, 199);
  public static final int SETSOCKOPT = number(54, 208);
  public static final int GETSOCKOPT = number(55, 209);
  public static final int KILL = number(62, 129);
  public static final int FCNTL = number(72, 25);
  public static final int FSYNC = number(74, 82);
  public static final int FDATASYNC = number(75, 83);
  public static final int FTRUNCATE = number(77, 46);
  public static final int FCHMOD = number(91, 52);
  public static final int FCHOWNAT = number(260, 54);
  public static final int FCHMODAT = number(268, 53);
  public static final int UTIMENSAT = number(280, 88);
  public static final int PRCTL = number(157, 167);
  public static final int GETTID = number(186, 178);
  public static final int SCHED_SETAFFINITY = number(203, 122);
  public static final int SCHED_GETAFFINITY = number(204, 123);
  public static final int GETDENTS64 = number(217, 61);
  public static final int EPOLL_CTL = number(233, 21);
  public static final int INOTIFY_ADD_WATCH = number(254, 27);
  public static final int INOTIFY_RM_WATCH = number(255, 28);
  public static final int WAITID = number(247, 95);
  public static final int TGKILL = number(234, 131);
  public static final int OPENAT = number(257, 56);
  public static final int MKNODAT = number(259, 33);
  public static final int MKDIRAT = number(258, 34);
  public static final int UNLINKAT = number(263, 35);
  public static final int LINKAT = number(265, 37);
  public static final int SYMLINKAT = number(266, 36);
  public static final int READLINKAT = number(267, 78);
  public static final int PPOLL = number(271, 73);
  public static final int EPOLL_PWAIT = number(281, 22);
  public static final int FALLOCATE = number(285, 47);
  public static final int ACCEPT4 = number(288, 242);
  public static final int EVENTFD2 = number(290, 19);
  public static final int EPOLL_CREATE1 = number(291, 20);
  public static final int PIPE2 = number(293, 59);
  public static final int INOTIFY_INIT1 = number(294, 26);
  public static final int PREADV = number(295, 69);
  public static final int PWRITEV = number(296, 70);
  public static final int PRLIMIT64 = number(302, 261);
  public static final int RENAMEAT2 = number(316, 276);
  public static final int SECCOMP = number(317, 277);
  public static final int COPY_FILE_RANGE = number(326, 285);
  public static final int STATX = number(332, 291);

  // From here on the kernel numbers calls alike everywhere.
  public static final int PIDFD_SEND_SIGNAL = 424;
  public static final int IO_URING_SETUP = 425;
  public static final int IO_URING_ENTER = 426;
  public static final int IO_URING_REGISTER = 427;
  public static final int PIDFD_OPEN = 434;
  public static final int OPENAT2 = 437;
  public static final int EPOLL_PWAIT2 = 441;

  private static final MethodHandle HANDLE = link();

  private Syscall() {}

  private static int number(int x86, int generic) {
    return IS_X86 ? x86 : generic;
  }

  @SuppressWarnings("restricted")
  private static MethodHandle link() {
    ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
    Linker linker = Linker.nativeLinker();
    MemorySegment function =
        linker
            .defaultLookup()
            .find("syscall")
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no syscall"));
    return linker.downcallHandle(
        function,
        FunctionDescriptor.of(word, word, word, word, word, word, word, word),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(1));
  }

  /** The result as it is, or a negative errno. */
  static long call(CallState state, int number, long a, long b, long c, long d, long e, long f) {
    Kernel simulated = state.simulated;
    if (simulated != null) {
      return simulated.call(number, a, b, c, d, e, f);
    }
    try {
      long result = (long) HANDLE.invokeExact(state.segment, (long) number, a, b, c, d, e, f);
      return result == -1 ? -state.errno() : result;
    } catch (Error thrown) {
      throw thrown;
    } catch (Throwable thrown) {
      throw new AssertionError("a foreign call threw", thrown);
    }
  }

  static int call(CallState state, int number, long a) {
    return (int) call(state, number, a, 0, 0, 0, 0, 0);
  }

  static int call(CallState state, int number, long a, long b) {
    return (int) call(state, number, a, b, 0, 0, 0, 0);
  }

  static int call(CallState state, int number, long a, long b, long c) {
    return (int) call(state, number, a, b, c, 0, 0, 0);
  }

  static int call(CallState state, int number, long a, long b, long c, long d) {
    return (int) call(state, number, a, b, c, d, 0, 0);
  }

  static int call(CallState state, int number, long a, long b, long c, long d, long e) {
    return (int) call(state, number, a, b, c, d, e, 0);
  }
}
