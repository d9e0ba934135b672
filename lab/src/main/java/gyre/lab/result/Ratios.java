package gyre.lab.result;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Ratios between peers, taken within a round.
 *
 * <p>Machines change their speed from one moment to the next; two measurements a second apart
 * mostly meet the same machine, two measurements a minute apart may not. So a ratio never crosses
 * rounds.
 */
public final class Ratios {
  private Ratios() {}

  /** {@code entry}'s cost over {@code other}'s: below 1 is better than the other. */
  public static Spread cost(Entry entry, Entry other) {
    ToDoubleFunction<Sample> cost = Entry.cost(entry.workload().kind().cost());
    return pairwise(entry.samples(), other.samples(), cost);
  }

  static Spread pairwise(
      List<Sample> samples, List<Sample> others, ToDoubleFunction<Sample> figure) {
    Map<Integer, Sample> byRound = new HashMap<>();
    others.forEach(sample -> byRound.put(sample.round(), sample));
    List<Double> ratios = new ArrayList<>();
    for (Sample sample : samples) {
      Sample other = byRound.get(sample.round());
      if (other != null) {
        ratios.add(figure.applyAsDouble(sample) / figure.applyAsDouble(other));
      }
    }
    return Spread.of(ratios);
  }
}
