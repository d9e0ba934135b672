package gyre.sim.real;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Which programs to run.
 *
 * @param engines take turns
 * @param from the first seed
 * @param seeds how many, for each engine
 * @param time after which no new program is begun
 * @param hangLimit how long nothing may move in a program
 * @param shrinkTime how long to look for a smaller program that fails
 */
public record TortureOptions(
    List<String> engines,
    long from,
    long seeds,
    Duration time,
    Duration hangLimit,
    Duration shrinkTime) {
  /** All engines of Linux. */
  public static final List<String> ENGINES = List.of("io_uring", "epoll", "nio");

  private static final Duration UNLIMITED = Duration.ofDays(36_500);

  public TortureOptions {
    engines = List.copyOf(engines);
    if (engines.isEmpty() || seeds < 1 || !Set.copyOf(ENGINES).containsAll(engines)) {
      throw new IllegalArgumentException(
          "engines are " + ENGINES + ", not " + engines + ", with at least one seed: " + seeds);
    }
  }

  public static TortureOptions of(List<String> engines, long seeds) {
    return new TortureOptions(
        engines, 1, seeds, UNLIMITED, Duration.ofSeconds(10), Duration.ofSeconds(60));
  }

  public TortureOptions from(long seed) {
    return new TortureOptions(engines, seed, seeds, time, hangLimit, shrinkTime);
  }

  public TortureOptions time(Duration limit) {
    return new TortureOptions(engines, from, seeds, limit, hangLimit, shrinkTime);
  }

  public TortureOptions hangLimit(Duration limit) {
    return new TortureOptions(engines, from, seeds, time, limit, shrinkTime);
  }

  /** Zero does not look for a smaller program. */
  public TortureOptions shrinkTime(Duration limit) {
    return new TortureOptions(engines, from, seeds, time, hangLimit, limit);
  }
}
