package gyre.sync;

/** A call was not made, because those before it failed: see {@link CircuitBreaker}. */
public final class CircuitOpenException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long retryNanos;

  CircuitOpenException(String message, long retryNanos) {
    super(message, null, false, false); // thrown often, and the same everywhere
    this.retryNanos = retryNanos;
  }

  /** After how long a call may be made again at the earliest. */
  public long retryNanos() {
    return retryNanos;
  }
}
