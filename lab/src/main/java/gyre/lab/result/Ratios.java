package gyre.lab.result;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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

  private record Ratio(Sample sample, double value) {}

  /** {@code entry}'s cost over {@code other}'s: below 1 is better than the other. */
  public static Spread cost(Entry entry, Entry other) {
    ToDoubleFunction<Sample> cost = Entry.cost(entry.workload().kind().cost());
    return pairwise(entry.samples(), other.samples(), cost);
  }

  /** Of {@code figure}; both lists are in the order in which they were measured. */
  public static Spread pairwise(
      List<Sample> samples, List<Sample> others, ToDoubleFunction<Sample> figure) {
    List<Ratio> all = ratios(samples, others, figure);
    List<Ratio> calm = ratios(Sample.undisturbed(samples), Sample.undisturbed(others), figure);
    List<Ratio> counting = Sample.isEnough(calm.size(), all.size()) ? calm : all;
    return Spread.of(counting.stream().map(Ratio::value).toList())
        .asSureAs(medians(counting, sample -> (long) sample.visit()))
        .asSureAs(medians(counting, Sample::process));
  }

  /** Of each of the groups that {@code key} makes. */
  private static List<Double> medians(List<Ratio> ratios, Function<Sample, Long> key) {
    Map<Long, List<Double>> groups = new HashMap<>();
    for (Ratio ratio : ratios) {
      groups.computeIfAbsent(key.apply(ratio.sample), _ -> new ArrayList<>()).add(ratio.value);
    }
    return groups.values().stream().map(group -> Spread.of(group).median()).toList();
  }

  /** How many there are of which nobody disturbed either side. */
  public static int calm(List<Sample> samples, List<Sample> others) {
    return ratios(Sample.undisturbed(samples), Sample.undisturbed(others), _ -> 1).size();
  }

  /** As many as there are measurements of both in the same round. */
  private static List<Ratio> ratios(
      List<Sample> samples, List<Sample> others, ToDoubleFunction<Sample> figure) {
    Map<Integer, List<Sample>> byRound = new HashMap<>();
    others.forEach(
        other -> byRound.computeIfAbsent(other.round(), _ -> new ArrayList<>()).add(other));
    List<Ratio> ratios = new ArrayList<>();
    for (Sample sample : samples) {
      double other = around(sample.turn(), byRound.getOrDefault(sample.round(), List.of()), figure);
      if (!Double.isNaN(other)) {
        double value = figure.applyAsDouble(sample) / other;
        if (Double.isFinite(value)) {
          ratios.add(new Ratio(sample, value));
        }
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
