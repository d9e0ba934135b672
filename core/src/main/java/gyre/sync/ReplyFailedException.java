package gyre.sync;

import org.jspecify.annotations.Nullable;

/**
 * There will be no answer: who was to give it has ended. The cause is what it ended by, if it
 * failed.
 */
public final class ReplyFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReplyFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
