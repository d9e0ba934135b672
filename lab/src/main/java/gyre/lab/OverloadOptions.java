package gyre.lab;

import java.time.Duration;
import java.util.List;

/**
 * How many peers misbehave towards a server, and for how long.
 *
 * @param engines one run each
 * @param greedy connections that send 99,000 of 100,000 bytes and fall silent
 * @param slow connections that ask for 1 MiB and read four bytes a second
 * @param resetting connections that send a half of their message and are reset
 * @param attack how long they are there
 * @param patience how long an honest small request, or the end of it all, may take
 * @param poolBytes limit of the loop's memory; 0 for the default
 * @param leaks whether to attack three times, and see what grows with each
 */
public record OverloadOptions(
    List<String> engines,
    int greedy,
    int slow,
    int resetting,
    Duration attack,
    Duration patience,
    int poolBytes,
    boolean leaks) {
  /** All engines of Linux. */
  public static final List<String> ENGINES = List.of("io_uring", "epoll", "nio");

  private static final int MOST_PEERS = 20_000;
  private static final Duration LONGEST = Duration.ofHours(1);

  public OverloadOptions {
    engines = List.copyOf(engines);
    for (String engine : engines) {
      check(ENGINES.contains(engine), "no engine '" + engine + "'; engines: " + ENGINES);
    }
    int most = Math.max(greedy, Math.max(slow, resetting));
    check(
        Math.min(greedy, Math.min(slow, resetting)) >= 0 && most <= MOST_PEERS,
        "of each kind there may be 0 to " + MOST_PEERS + " peers");
    check(attack.isPositive() && attack.compareTo(LONGEST) <= 0, "an attack of " + attack);
    check(patience.isPositive() && patience.compareTo(LONGEST) <= 0, "a patience of " + patience);
    check(poolBytes >= 0, "a pool of " + poolBytes + " bytes");
  }

  private static void check(boolean isRight, String what) {
    if (!isRight) {
      throw new WrongInputException(what);
    }
  }

  /** Of the kinds that take part, the least numerous. */
  public int fewest() {
    return java.util.stream.IntStream.of(greedy, slow, resetting)
        .filter(count -> count > 0)
        .min()
        .orElse(0);
  }

  public int peers() {
    return greedy + slow + resetting;
  }
}
