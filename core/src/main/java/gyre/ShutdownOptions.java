package gyre;

import java.time.Duration;

/**
 * How long the steps of a shutdown may take; zero waits for nothing. Immutable; each method gives a
 * changed copy, and throws {@link IllegalArgumentException} for a time that is negative.
 *
 * <ol>
 *   <li>stop accepting, and <b>drain</b>: connections end when what they are doing is done; idle
 *       ones end at once
 *   <li><b>cancel</b> the fibers that are left; their {@code finally} blocks run
 *   <li><b>close</b> the handles that are left
 *   <li>force what is still there, and say what it was
 * </ol>
 *
 * Then the memory is released, and the pool for offloaded work is joined.
 */
public final class ShutdownOptions {
  static final ShutdownOptions IMMEDIATE = of(0, 1_000, 1_000, 100);
  static final ShutdownOptions ON_CLOSE = of(0, 5_000, 1_000, 1_000);
  private static final ShutdownOptions DEFAULTS = of(10_000, 5_000, 2_000, 2_000);

  private final long drainNanos;
  private final long cancelNanos;
  private final long closeNanos;
  private final long poolNanos;

  private ShutdownOptions(long drainNanos, long cancelNanos, long closeNanos, long poolNanos) {
    this.drainNanos = drainNanos;
    this.cancelNanos = cancelNanos;
    this.closeNanos = closeNanos;
    this.poolNanos = poolNanos;
  }

  private static ShutdownOptions of(long drain, long cancel, long close, long pool) {
    long nanos = 1_000_000;
    return new ShutdownOptions(drain * nanos, cancel * nanos, close * nanos, pool * nanos);
  }

  /** 10 s to drain, 5 s for cancelled fibers, 2 s each for closing handles and for the pool. */
  public static ShutdownOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Nothing is drained: what is under way is cancelled at once, and has the usual times to end. For
   * programs whose user wants them to end now, as at Ctrl-C.
   */
  public static ShutdownOptions atOnce() {
    return DEFAULTS.drain(Duration.ZERO);
  }

  /** How long connections and fibers may go on with what they are doing; 10 s by default. */
  public ShutdownOptions drain(Duration limit) {
    return new ShutdownOptions(Durations.nanos("drain", limit), cancelNanos, closeNanos, poolNanos);
  }

  /** How long cancelled fibers may take to end; 5 s by default. */
  public ShutdownOptions cancel(Duration limit) {
    return new ShutdownOptions(drainNanos, Durations.nanos("cancel", limit), closeNanos, poolNanos);
  }

  /** How long handles may take to close; 2 s by default. */
  public ShutdownOptions close(Duration limit) {
    return new ShutdownOptions(drainNanos, cancelNanos, Durations.nanos("close", limit), poolNanos);
  }

  /** How long offloaded work is waited for; 2 s by default. */
  public ShutdownOptions pool(Duration limit) {
    return new ShutdownOptions(drainNanos, cancelNanos, closeNanos, Durations.nanos("pool", limit));
  }

  @Override
  public String toString() {
    return "ShutdownOptions[drain="
        + Duration.ofNanos(drainNanos)
        + ", cancel="
        + Duration.ofNanos(cancelNanos)
        + ", close="
        + Duration.ofNanos(closeNanos)
        + ", pool="
        + Duration.ofNanos(poolNanos)
        + "]";
  }

  /** When even the slowest shutdown is through. */
  long totalNanos() {
    return drainNanos + cancelNanos + closeNanos + poolNanos;
  }

  long drainNanos() {
    return drainNanos;
  }

  long cancelNanos() {
    return cancelNanos;
  }

  long closeNanos() {
    return closeNanos;
  }

  long poolNanos() {
    return poolNanos;
  }
}
