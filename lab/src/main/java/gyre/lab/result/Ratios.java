package gyre.lab.result;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Ratios between peers, taken within a round.
 *
 * <p>Machines change their speed from one moment to the next; two measurements a moment apart
 * mostly meet the same machine, two measurements a minute apart may not. So a ratio never crosses
 * rounds, and where the other was measured several times in a round, as the one is that all are
 * compared with, only its measurements just before and just after count.
 *
 * <p>Whatever slows a machine down does not slow everybody down alike. So where there are enough
 * measurements of both that nobody disturbed, the others do not count.
 */
public final class Ratios {
  private Ratios() {}

  /** {@code entry}'s cost over {@code other}'s: below 1 is better than the other. */
  public static Spread cost(Entry entry, Entry other) {
    ToDoubleFunction<Sample> cost = Entry.cost(entry.workload().kind().cost());
    return pairwise(entry.samples(), other.samples(), cost);
  }

  /** Of {@code figure}; both lists are in the order in which they were measured. */
  public static Spread pairwise(
      List<Sample> samples, List<Sample> others, ToDoubleFunction<Sample> figure) {
    List<Double> all = ratios(samples, others, figure);
    List<Double> calm = ratios(Sample.undisturbed(samples), Sample.undisturbed(others), figure);
    return Spread.of(Sample.isEnough(calm.size(), all.size()) ? calm : all);
  }

  /** How many there are of which nobody disturbed either side. */
  public static int calm(List<Sample> samples, List<Sample> others) {
    return ratios(Sample.undisturbed(samples), Sample.undisturbed(others), _ -> 1).size();
  }

  /** As many as there are measurements of both in the same round. */
  private static List<Double> ratios(
      List<Sample> samples, List<Sample> others, ToDoubleFunction<Sample> figure) {
    Map<Integer, List<Sample>> byRound = new HashMap<>();
    others.forEach(
        other -> byRound.computeIfAbsent(other.round(), _ -> new ArrayList<>()).add(other));
    List<Double> ratios = new ArrayList<>();
    for (Sample sample : samples) {
      double other = around(sample.turn(), byRound.getOrDefault(sample.round(), List.of()), figure);
      if (!Double.isNaN(other)) {
        ratios.add(figure.applyAsDouble(sample) / other);
      }
    }
    return ratios;
  }

  /** Mean of the last before that turn and the first from it on; NaN where there is none at all. */
  private static double around(int turn, List<Sample> others, ToDoubleFunction<Sample> figure) {
    double before = Double.NaN;
    for (Sample other : others) {
      double here = figure.applyAsDouble(other);
      if (other.turn() == turn) {
        return here; // with itself, or where turns are not told apart
      }
      if (other.turn() > turn) {
        return Double.isNaN(before) ? here : (before + here) / 2;
      }
      before = here;
    }
    return before;
  }
}
