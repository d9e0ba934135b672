package gyre.http.client;

import gyre.io.IoException;
import org.jspecify.annotations.Nullable;

/** A request got no answer, or not all of it. Says in which phase, and why. */
public final class HttpClientException extends IoException {
  private static final long serialVersionUID = 1L;

  /** Why, as far as it decides whether to ask again. */
  enum Kind {
    /** It took longer than a limit allows. */
    TIMEOUT,
    /** The connection could not be made, or broke. */
    BROKEN,
    /** The other side does not keep the rules: asking again changes nothing. */
    MALFORMED,
    /** This side is wrong: what the caller gave cannot be sent, or a limit of his is reached. */
    REFUSED
  }

  private final Phase phase;
  private final Kind kind;

  HttpClientException(
      String request, Phase phase, Kind kind, String reason, @Nullable Throwable cause) {
    super(phase.text() + " of", request, reason, cause instanceof IoException io ? io.errno() : 0);
    this.phase = phase;
    this.kind = kind;
    if (cause != null) {
      initCause(cause);
    }
  }

  static HttpClientException timeout(String request, Phase phase, String reason) {
    return new HttpClientException(request, phase, Kind.TIMEOUT, reason, null);
  }

  static HttpClientException malformed(String request, Phase phase, String reason) {
    return new HttpClientException(request, phase, Kind.MALFORMED, reason, null);
  }

  static HttpClientException broken(String request, Phase phase, Throwable cause) {
    boolean isTimeout = cause instanceof IoException io && io.isTimeout();
    return new HttpClientException(
        request,
        phase,
        isTimeout ? Kind.TIMEOUT : Kind.BROKEN,
        String.valueOf(cause.getMessage()),
        cause);
  }

  /** What the client was doing. */
  public Phase phase() {
    return phase;
  }

  Kind kind() {
    return kind;
  }

  @Override
  public boolean isTimeout() {
    return kind == Kind.TIMEOUT;
  }
}
