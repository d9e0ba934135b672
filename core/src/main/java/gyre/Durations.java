package gyre;

import java.time.Duration;

/** Durations as nanoseconds, saturating: 292 years are as good as for ever. */
final class Durations {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Durations() {}

  static long nanos(Duration duration) {
    return nanos("a duration", duration);
  }

  /**
   * @param name of what it is, for the failure
   */
  static long nanos(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " is " + duration + ": must not be negative");
    }
    return duration.compareTo(LONGEST) >= 0 ? Long.MAX_VALUE : duration.toNanos();
  }

  /** A point in time that many nanoseconds after another; {@code Long.MAX_VALUE} is never. */
  static long deadline(long nowNanos, long nanos) {
    long deadline = nowNanos + nanos;
    return nanos > 0 && deadline < nowNanos ? Long.MAX_VALUE : deadline;
  }
}
