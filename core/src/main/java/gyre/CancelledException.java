package gyre;

import org.jspecify.annotations.Nullable;

/**
 * The work that a fiber does has been cancelled: its scope failed or was cancelled, a deadline
 * passed, or the loop shuts down. The message is the reason; the cause is the failure that led to
 * it, if any.
 *
 * <p>Let it pass. Once a fiber is cancelled every further parking call throws it again, so code in
 * {@code finally} that has to wait goes into {@link Cancellation#shield}.
 */
public class CancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CancelledException(String reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
