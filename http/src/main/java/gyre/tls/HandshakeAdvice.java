package gyre.tls;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import org.jspecify.annotations.Nullable;

/** What to tell an operator, and the peer, of a handshake that failed. */
final class HandshakeAdvice {
  private static final int SHOWN_BYTES = 12;
  private static final int CAUSES_LIMIT = 16;
  private static final byte[] NONE = {};

  private HandshakeAdvice() {}

  /** The alert that is sent where there is no engine to make one. */
  static byte[] alert(Exception failure) {
    return switch (failure) {
      case AlertException alert -> alert.record();
      case DecodeException decode ->
          new AlertException(
                  decode.isTooLong() ? AlertException.RECORD_OVERFLOW : AlertException.DECODE_ERROR,
                  "")
              .record();
      default -> NONE;
    };
  }

  static String reason(Exception failure, boolean isServer, ByteQueue received) {
    String text = text(failure);
    String advice = advice(failure, text, isServer, received);
    return advice.isEmpty() ? text : text + ": " + advice;
  }

  /** What the innermost cause says: those around it tell the same in more words. */
  private static String text(Exception failure) {
    String message = String.valueOf(failure.getMessage());
    Throwable inner = failure.getCause();
    for (int i = 0; inner != null && i < CAUSES_LIMIT; i++) {
      if (inner.getMessage() != null) {
        message = inner.getMessage();
      }
      inner = inner.getCause();
    }
    return message;
  }

  private static String advice(
      Exception failure, String text, boolean isServer, ByteQueue received) {
    if (failure instanceof DecodeException && looksLikeText(received)) {
      int shown = (int) Math.min(SHOWN_BYTES, received.size());
      byte[] bytes = new byte[shown];
      received.copyTo(0, bytes, 0, shown);
      return "the peer does not speak TLS, it begins with '"
          + new String(bytes, StandardCharsets.US_ASCII).strip()
          + "'";
    }
    if (text.contains("unable to find valid certification path")) {
      return isServer
          ? "the client's certificate is of no authority that this server trusts"
          : "the server's certificate is of no authority that is trusted here: name its authority"
              + " by TlsClientOptions.trust";
    }
    if (text.contains("Received fatal alert: certificate_unknown")
        || text.contains("Received fatal alert: unknown_ca")) {
      return isServer
          ? "the client does not trust this server's certificate"
          : "the server does not trust this client's certificate";
    }
    if (text.contains("certificate_required") || text.contains("Empty client certificate chain")) {
      return isServer
          ? "the client has shown no certificate"
          : "the server asks for a certificate: give one by TlsClientOptions.identity";
    }
    if (text.contains("no cipher suites in common")) {
      return "the client offers none of those that suit the key of this server";
    }
    return dates(failure);
  }

  private static String dates(Throwable failure) {
    @Nullable Throwable at = failure;
    for (int i = 0; at != null && i < CAUSES_LIMIT; i++) {
      if (at instanceof CertificateExpiredException
          || (at instanceof CertPathValidatorException path
              && path.getReason() == CertPathValidatorException.BasicReason.EXPIRED)) {
        return "the certificate has expired: renew it";
      }
      if (at instanceof CertificateNotYetValidException) {
        return "the certificate is not valid yet: check the clock of this machine";
      }
      at = at.getCause();
    }
    return "";
  }

  private static boolean looksLikeText(ByteQueue received) {
    if (received.isEmpty()) {
      return false;
    }
    byte first = received.byteAt(0);
    return first >= ' ' && first < 127;
  }
}
