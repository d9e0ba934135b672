package gyre.queue;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a failed attempt is made again: after a random part of a pause that doubles ("full jitter"),
 * so that what failed together does not come back together.
 *
 * @param retries after the first attempt
 */
record RetryPolicy(int retries, Duration firstPause, Duration longestPause) {
  static final RetryPolicy DEFAULT =
      new RetryPolicy(3, Duration.ofSeconds(1), Duration.ofMinutes(5));

  private static final int DOUBLINGS_LIMIT = 30;

  RetryPolicy {
    if (retries < 0 || firstPause.isNegative() || longestPause.compareTo(firstPause) < 0) {
      throw new IllegalArgumentException(
          "retries must be 0 or more, and the longest pause no shorter than the first");
    }
  }

  /**
   * @param attempts how many have failed
   */
  boolean mayRetry(int attempts) {
    return attempts <= retries;
  }

  long pauseMillis(int attempts, RandomGenerator random) {
    int doublings = Math.min(DOUBLINGS_LIMIT, Math.max(0, attempts - 1));
    long most = Math.min(longestPause.toMillis(), Math.max(1, firstPause.toMillis()) << doublings);
    return most <= 0 ? 0 : random.nextLong(most + 1);
  }
}
