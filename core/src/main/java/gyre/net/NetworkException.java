package gyre.net;

import gyre.RemoteFailure;
import gyre.engine.Errno;
import java.util.EnumSet;
import java.util.Set;

/**
 * A network operation failed. The message says what was tried, what went wrong and, where that is
 * known, what to do.
 */
public class NetworkException extends RuntimeException implements RemoteFailure {
  private static final long serialVersionUID = 1L;

  private static final Set<Errno> OF_THE_PEER =
      EnumSet.of(
          Errno.ECONNRESET,
          Errno.EPIPE,
          Errno.ETIMEDOUT,
          Errno.ECONNABORTED,
          Errno.EHOSTUNREACH,
          Errno.ENETUNREACH,
          Errno.EPROTO);

  private final int errno;
  private boolean remote;

  NetworkException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  /**
   * @param tried for example {@code cannot listen on 127.0.0.1:7000}
   * @param result a negative errno
   */
  static NetworkException of(String tried, int result) {
    int errno = Math.abs(result);
    return new NetworkException(tried + ": " + Errno.describe(result) + advice(errno), errno);
  }

  /**
   * The number of the error as Linux counts, on every platform; 0 where the kernel reported none.
   */
  public int errno() {
    return errno;
  }

  /** Whether a connection that fails with this was broken by its peer, or on the way to it. */
  static boolean isOfThePeer(int result) {
    for (Errno errno : OF_THE_PEER) {
      if (errno.negated() == result) {
        return true;
      }
    }
    return false;
  }

  /** Marks it as caused by the peer. */
  NetworkException remote() {
    remote = true;
    return this;
  }

  /**
   * Whether the peer of an established connection caused it. A connection that could not be made is
   * the business of who asked for it.
   */
  @Override
  public boolean isRemote() {
    return remote;
  }

  private static String advice(int errno) {
    if (errno == Errno.EADDRINUSE.number()) {
      return "; something listens there already: stop it, or choose another port (0 lets the system"
          + " choose)";
    }
    if (errno == Errno.EMFILE.number()) {
      return "; raise the limit with ulimit -n";
    }
    if (errno == Errno.EACCES.number()) {
      return "; ports below 1024 and foreign paths take more rights";
    }
    return "";
  }
}
