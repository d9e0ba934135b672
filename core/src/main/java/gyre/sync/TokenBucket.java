package gyre.sync;

/**
 * How much may be done in the long run, and at once: tokens come at a steady rate, up to a burst.
 * Knows no clock: each method is told the time, of any clock that does not go back, as {@code
 * Loop.nanoTime()}.
 *
 * <p>Exact: no token is lost or made by rounding, however small the steps. Not safe for several
 * threads. Allocates nothing. {@link RateLimit} is a bucket that fibers wait for.
 */
public final class TokenBucket {
  /** The largest rate and burst: more would not fit into the arithmetic. */
  public static final long LARGEST_RATE = 8_000_000_000L;

  private static final long SECOND_NANOS = 1_000_000_000L;

  private long perSecond;
  private long burst;
  private long tokens;

  /** Parts of a token, in billionths. */
  private long fraction;

  private long lastNanos;

  private TokenBucket(long perSecond, long burst, long nowNanos) {
    check(perSecond, burst);
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.lastNanos = nowNanos;
  }

  /** A bucket that is full. */
  public static TokenBucket create(long perSecond, long burst, long nowNanos) {
    return new TokenBucket(perSecond, burst, nowNanos);
  }

  private static void check(long perSecond, long burst) {
    if (perSecond < 1 || perSecond > LARGEST_RATE) {
      throw new IllegalArgumentException(
          "perSecond is " + perSecond + ": must be between 1 and " + LARGEST_RATE);
    }
    if (burst < 1 || burst > LARGEST_RATE) {
      throw new IllegalArgumentException(
          "burst is " + burst + ": must be between 1 and " + LARGEST_RATE);
    }
  }

  /** Another rate and burst from now on. */
  public void change(long newPerSecond, long newBurst, long nowNanos) {
    check(newPerSecond, newBurst);
    refill(nowNanos);
    perSecond = newPerSecond;
    burst = newBurst;
    fraction = 0;
    tokens = Math.min(tokens, burst);
  }

  /** Takes so many if they are there. Nobody may take more than the burst in this way. */
  public boolean tryTake(long units, long nowNanos) {
    refill(nowNanos);
    if (tokens < units) {
      return false;
    }
    tokens -= units;
    return true;
  }

  /** Takes so many, also if they are not there: what is owed comes first. */
  public void take(long units, long nowNanos) {
    refill(nowNanos);
    tokens -= units;
  }

  /** How many are there; below zero if some are owed. */
  public long available(long nowNanos) {
    refill(nowNanos);
    return tokens;
  }

  /**
   * How long until so many are there; 0 if they are. For more than the burst: until it is full,
   * after which {@link #take} may be called.
   */
  public long nanosUntil(long units, long nowNanos) {
    refill(nowNanos);
    long missing = Math.min(units, burst) - tokens;
    if (missing <= 0) {
      return 0;
    }
    long seconds = missing / perSecond;
    long rest = missing % perSecond; // below 8e9, and so the product below 2^63
    long nanos = (rest * SECOND_NANOS - fraction + perSecond - 1) / perSecond;
    return seconds > Long.MAX_VALUE / SECOND_NANOS - 1
        ? Long.MAX_VALUE
        : Math.max(1, seconds * SECOND_NANOS + nanos);
  }

  public long perSecond() {
    return perSecond;
  }

  public long burst() {
    return burst;
  }

  private void refill(long nowNanos) {
    long elapsedNanos = nowNanos - lastNanos;
    if (elapsedNanos <= 0) {
      return;
    }
    lastNanos = nowNanos;
    long seconds = elapsedNanos / SECOND_NANOS;
    if (seconds > (burst - tokens) / perSecond) {
      fill();
      return;
    }
    long parts = elapsedNanos % SECOND_NANOS * perSecond + fraction;
    tokens += seconds * perSecond + parts / SECOND_NANOS;
    fraction = parts % SECOND_NANOS;
    if (tokens >= burst) {
      fill();
    }
  }

  private void fill() {
    tokens = burst;
    fraction = 0;
  }

  @Override
  public String toString() {
    return perSecond + " a second, " + burst + " at once, " + tokens + " left";
  }
}
