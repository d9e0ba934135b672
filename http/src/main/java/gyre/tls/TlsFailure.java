package gyre.tls;

import gyre.io.IoException;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS stream broke of. Each who asks gets an exception that shows where they stood.
 *
 * @param below what the stream below failed of, or null
 * @param cause what the engine said, or null
 */
record TlsFailure(
    String operation,
    String reason,
    boolean isTimeout,
    boolean isRemote,
    @Nullable IoException below,
    @Nullable Throwable cause) {
  static TlsFailure of(String operation, String reason, boolean isRemote) {
    return new TlsFailure(operation, reason, false, isRemote, null, null);
  }

  static TlsFailure of(
      String operation, String reason, boolean isRemote, @Nullable Throwable cause) {
    return new TlsFailure(operation, reason, false, isRemote, null, cause);
  }

  static TlsFailure tooLate(String operation, String reason, boolean isRemote) {
    return new TlsFailure(operation, reason, true, isRemote, null, null);
  }

  static TlsFailure of(String operation, IoException below) {
    return new TlsFailure(operation, "", below.isTimeout(), below.isRemote(), below, null);
  }

  TlsException toException(String subject) {
    if (below != null) {
      return TlsException.of(operation, subject, below);
    }
    TlsException made =
        isTimeout
            ? TlsException.tooLate(operation, subject, reason)
            : TlsException.of(operation, subject, reason, cause);
    if (isRemote) {
      made.markRemote();
    }
    return made;
  }
}
