package gyre.sync;

import java.time.Duration;

/** Durations of options as nanoseconds. */
final class Nanos {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Nanos() {}

  /** Zero or more; 292 years are as good as for ever. */
  static long of(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " is " + duration + ": must not be negative");
    }
    return duration.compareTo(LONGEST) >= 0 ? Long.MAX_VALUE : duration.toNanos();
  }

  static long positive(String name, Duration duration) {
    long nanos = of(name, duration);
    if (nanos == 0) {
      throw new IllegalArgumentException(name + " is " + duration + ": must be more than zero");
    }
    return nanos;
  }
}
