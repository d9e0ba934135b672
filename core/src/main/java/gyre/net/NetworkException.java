package gyre.net;

import gyre.engine.Errno;

/**
 * A network operation failed. The message says what was tried, what went wrong and, where that is
 * known, what to do.
 */
public class NetworkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

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
