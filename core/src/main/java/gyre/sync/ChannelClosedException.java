package gyre.sync;

import org.jspecify.annotations.Nullable;

/**
 * A channel is closed: nothing more can be sent to it, or nothing more comes from it. The cause is
 * the reason that it was closed for, if one was given.
 */
public final class ChannelClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  ChannelClosedException(String message, @Nullable Throwable reason) {
    super(message, reason);
  }
}
