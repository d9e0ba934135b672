package gyre.engine;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Error numbers as the seam speaks them: Linux's, on every engine. Results carry them negated. */
public enum Errno {
  EPERM(1, "operation not permitted"),
  ENOENT(2, "no such file or directory"),
  EINTR(4, "interrupted system call"),
  EIO(5, "input/output error"),
  ENXIO(6, "no such device, or nobody at the other end"),
  E2BIG(7, "argument list too long"),
  ENOEXEC(8, "not an executable"),
  EBADF(9, "bad descriptor"),
  EAGAIN(11, "would block"),
  ECHILD(10, "no such child"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  EBUSY(16, "busy"),
  EEXIST(17, "exists already"),
  EXDEV(18, "on another file system"),
  ENODEV(19, "no such device"),
  ENOTDIR(20, "not a directory"),
  EISDIR(21, "is a directory"),
  EINVAL(22, "invalid argument"),
  ENFILE(23, "too many open files in the system"),
  EMFILE(24, "too many open files in this process"),
  ENOTTY(25, "not a terminal"),
  ETXTBSY(26, "the executable is being written"),
  EFBIG(27, "file too large"),
  ENOSPC(28, "no space left on device"),
  ESPIPE(29, "a pipe or terminal has no positions"),
  EROFS(30, "read-only file system"),
  EMLINK(31, "too many links"),
  EPIPE(32, "the other side has closed"),
  ENAMETOOLONG(36, "name too long"),
  EDEADLK(35, "would deadlock"),
  ENOLCK(37, "no locks available"),
  ENOSYS(38, "not offered by this kernel"),
  ENOTEMPTY(39, "directory not empty"),
  ELOOP(40, "too many symbolic links"),
  EPROTO(71, "protocol error"),
  ENOTSOCK(88, "not a socket"),
  EMSGSIZE(90, "message too long"),
  ENOPROTOOPT(92, "option not available"),
  EPROTONOSUPPORT(93, "protocol not supported"),
  EOPNOTSUPP(95, "operation not supported"),
  EAFNOSUPPORT(97, "address family not supported"),
  EADDRINUSE(98, "address in use"),
  EADDRNOTAVAIL(99, "address not available on this machine"),
  ENETDOWN(100, "network is down"),
  ENETUNREACH(101, "network unreachable"),
  ENETRESET(102, "connection dropped by the network"),
  ECONNABORTED(103, "connection aborted"),
  ECONNRESET(104, "connection reset by peer"),
  ENOBUFS(105, "no buffer space"),
  EISCONN(106, "already connected"),
  ENOTCONN(107, "not connected"),
  ETIMEDOUT(110, "connection timed out"),
  ECONNREFUSED(111, "connection refused"),
  EHOSTDOWN(112, "host is down"),
  EHOSTUNREACH(113, "no route to host"),
  EALREADY(114, "already in progress"),
  EINPROGRESS(115, "in progress"),
  EDQUOT(122, "disk quota exceeded"),
  ECANCELED(125, "canceled");

  private static final @Nullable Errno[] BY_NUMBER = new @Nullable Errno[134];

  private static final Set<Errno> ONE_CONNECTION =
      EnumSet.of(ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH);

  private static final Set<Errno> SHORTAGES = EnumSet.of(EMFILE, ENFILE, ENOBUFS, ENOMEM);

  static {
    for (Errno errno : values()) {
      BY_NUMBER[errno.number] = errno;
    }
  }

  private final int number;
  private final String text;

  Errno(int number, String text) {
    this.number = number;
    this.text = text;
  }

  public int number() {
    return number;
  }

  /** The number as results carry it. */
  public int negated() {
    return -number;
  }

  /**
   * Whether a result of accepting tells of trouble of one connection, which is gone again, and not
   * of the listener.
   */
  public static boolean isOfOneConnection(int result) {
    Errno errno = of(result);
    return errno != null && ONE_CONNECTION.contains(errno);
  }

  /** Whether a result tells that something ran out, of which there may be more later. */
  public static boolean isShortage(int result) {
    Errno errno = of(result);
    return errno != null && SHORTAGES.contains(errno);
  }

  /** Of a result or a plain number; null for 0, and for what has no name here. */
  public static @Nullable Errno of(int result) {
    int number = Math.abs(result);
    return number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }

  /** {@code ECONNRESET (connection reset by peer)}; takes results and plain numbers alike. */
  public static String describe(int result) {
    int number = Math.abs(result);
    Errno known = of(result);
    return known == null ? "errno " + number : known.name() + " (" + known.text + ")";
  }
}
