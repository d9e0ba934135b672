package gyre.tls;

import gyre.io.IoException;
import org.jspecify.annotations.Nullable;

/**
 * TLS failed: a handshake, a record, a certificate; or the stream below it did. The message says
 * what to do where that is known.
 */
public final class TlsException extends IoException {
  private static final long serialVersionUID = 1L;

  private final boolean isTimeout;

  private TlsException(
      String operation, String subject, String reason, int errno, boolean isTimeout) {
    super(operation, subject, reason, errno);
    this.isTimeout = isTimeout;
  }

  static TlsException of(String operation, String subject, String reason) {
    return new TlsException(operation, subject, reason, 0, false);
  }

  static TlsException of(
      String operation, String subject, String reason, @Nullable Throwable cause) {
    TlsException made = of(operation, subject, reason);
    if (cause != null) {
      made.initCause(cause);
    }
    return made;
  }

  static TlsException tooLate(String operation, String subject, String reason) {
    return new TlsException(operation, subject, reason, 0, true);
  }

  /** The stream below failed. */
  static TlsException of(String operation, String subject, IoException below) {
    String prefix = below.operation() + " " + below.subject() + ": ";
    String message = String.valueOf(below.getMessage());
    String reason = message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    TlsException made =
        new TlsException(operation, subject, reason, below.errno(), below.isTimeout());
    if (below.isRemote()) {
      made.markRemote();
    }
    made.initCause(below);
    return made;
  }

  @Override
  public boolean isTimeout() {
    return isTimeout;
  }
}
