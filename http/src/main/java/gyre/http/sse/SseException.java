package gyre.http.sse;

import gyre.io.IoException;
import org.jspecify.annotations.Nullable;

/** There will be no more events, and coming back would not change that. */
public final class SseException extends IoException {
  private static final long serialVersionUID = 1L;

  SseException(String request, String reason, @Nullable Throwable cause) {
    super("read the events of", request, reason, cause instanceof IoException io ? io.errno() : 0);
    if (cause != null) {
      initCause(cause);
    }
  }
}
