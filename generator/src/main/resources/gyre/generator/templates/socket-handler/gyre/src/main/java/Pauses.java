import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long a client waits before it connects again: longer each time, and not all clients alike. */
final class Pauses {
  private static final long FIRST_MILLIS = 100;
  private static final int DOUBLINGS_MAX = 20;

  private final long maxMillis;
  private final RandomGenerator random;
  private int failures;

  Pauses(Duration max, RandomGenerator random) {
    this.maxMillis = max.toMillis();
    this.random = random;
  }

  /** Half to all of a time that doubles with each failure. */
  Duration next() {
    long most = Math.min(maxMillis, FIRST_MILLIS << Math.min(failures, DOUBLINGS_MAX));
    failures++;
    return Duration.ofMillis(Math.max(1, most / 2 + random.nextLong(most / 2 + 1)));
  }

  /** It has connected, and was welcome. */
  void reset() {
    failures = 0;
  }
}
