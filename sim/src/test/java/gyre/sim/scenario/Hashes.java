package gyre.sim.scenario;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs scenarios and says of each what its trace amounts to; in this JVM or, as a program, in
 * another.
 */
final class Hashes {
  /** What the lines of the result begin with, so that those of others are told apart. */
  static final String MARK = "hash of ";

  private Hashes() {}

  /** By scenario and seed. */
  static Map<String, String> of(long from, long seeds, List<String> names) {
    Map<String, String> hashes = new TreeMap<>();
    for (Scenario scenario : Scenarios.all()) {
      if (names.contains(scenario.name())) {
        for (long seed = from; seed < from + seeds; seed++) {
          long hash = scenario.simulation(seed).run().hash();
          hashes.put(scenario.name() + " " + seed, Long.toHexString(hash));
        }
      }
    }
    return hashes;
  }

  /** Prints them: {@code FROM SEEDS SCENARIO...}. */
  public static void main(String[] args) {
    List<String> names = List.of(args).subList(2, args.length);
    of(Long.parseLong(args[0]), Long.parseLong(args[1]), names)
        .forEach((run, hash) -> System.out.println(MARK + run + "=" + hash));
  }
}
