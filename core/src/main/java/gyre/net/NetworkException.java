package gyre.net;

import gyre.engine.Errno;
import gyre.io.IoException;
import java.util.EnumSet;
import java.util.Set;

/** A network operation failed. */
public class NetworkException extends IoException {
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

  NetworkException(String operation, String subject, String reason, int errno) {
    super(operation, subject, reason, errno);
  }

  /** Of a failure that no system call has reported. */
  static NetworkException of(String operation, String subject, String reason) {
    return new NetworkException(operation, subject, reason, 0);
  }

  /**
   * @param result a negative errno
   */
  static NetworkException of(String operation, String subject, int result) {
    int errno = Math.abs(result);
    return new NetworkException(operation, subject, reason(errno, advice(errno)), errno);
  }

  /** As the other one, with advice before the usual one that only the caller knows. */
  static NetworkException of(String operation, String subject, int result, String advice) {
    int errno = Math.abs(result);
    String usual = advice(errno);
    String both = usual.isEmpty() ? advice : advice + "; " + usual;
    return new NetworkException(operation, subject, reason(errno, both), errno);
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

  private static String advice(int errno) {
    if (errno == Errno.EADDRINUSE.number()) {
      return "something listens there already: stop it, or choose another port (0 lets the system"
          + " choose)";
    }
    if (errno == Errno.EMFILE.number()) {
      return "raise the limit with ulimit -n";
    }
    if (errno == Errno.EACCES.number()) {
      return "ports below 1024 and foreign paths take more rights";
    }
    return "";
  }
}
