package gyre.balancer;

import java.time.Duration;

/**
 * When a target is left out because connections to it fail. Immutable; each method that takes a
 * value gives a changed copy.
 *
 * @param failures so many in a row have it left out
 * @param base for so long, times how often it was left out already
 * @param longest but never longer than this
 * @param mostPercent of the pool's targets that are left out at the same time
 */
public record OutlierConfig(int failures, Duration base, Duration longest, int mostPercent) {
  public OutlierConfig {
    Limits.between("failures", failures, 1, 1_000_000);
    Limits.positive("base", base);
    Limits.positive("longest", longest);
    Limits.between("mostPercent", mostPercent, 0, 100);
  }

  /** Five failures, 30 s, 300 s and 50 per cent. */
  public static OutlierConfig defaults() {
    return new OutlierConfig(5, Duration.ofSeconds(30), Duration.ofSeconds(300), 50);
  }

  public OutlierConfig failures(int value) {
    return new OutlierConfig(value, base, longest, mostPercent);
  }

  public OutlierConfig base(Duration value) {
    return new OutlierConfig(failures, value, longest, mostPercent);
  }

  public OutlierConfig longest(Duration value) {
    return new OutlierConfig(failures, base, value, mostPercent);
  }

  public OutlierConfig mostPercent(int value) {
    return new OutlierConfig(failures, base, longest, value);
  }
}
