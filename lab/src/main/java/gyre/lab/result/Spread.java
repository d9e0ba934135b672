package gyre.lab.result;

import java.util.Arrays;
import java.util.Collection;

/**
 * The middle of some figures, and how far they lie apart: a quarter of them is below {@code lower},
 * a quarter above {@code upper}. NaN throughout where there are none.
 *
 * @param uncertainty about how far the median may lie from where it would lie after ever more
 *     figures; infinite where there is only one
 */
public record Spread(
    double median,
    double least,
    double lower,
    double upper,
    double greatest,
    int count,
    double uncertainty) {
  public static final Spread NONE =
      new Spread(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, Double.NaN);

  /**
   * With this many widths of the middle half, divided by √count, the notches of two box plots do
   * not overlap if their medians differ.
   */
  private static final double NOTCH = 1.57;

  /** Of the numbers among {@code values}: those that are NaN were not measured. */
  public static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).filter(Double::isFinite).toArray();
    if (sorted.length == 0) {
      return NONE;
    }
    Arrays.sort(sorted);
    double lower = at(sorted, 0.25);
    double upper = at(sorted, 0.75);
    return new Spread(
        at(sorted, 0.5),
        sorted[0],
        lower,
        upper,
        sorted[sorted.length - 1],
        sorted.length,
        sorted.length == 1
            ? Double.POSITIVE_INFINITY
            : NOTCH * (upper - lower) / Math.sqrt(sorted.length));
  }

  /**
   * Of figures that were measured in groups, each with processes and a time of its own. Those of
   * the same group depend on each other, so they are known as well as groups agree, at best.
   */
  public static Spread ofGroups(Collection<? extends Collection<Double>> groups) {
    Spread all = of(groups.stream().flatMap(Collection::stream).toList());
    Spread between = of(groups.stream().map(group -> of(group).median).toList());
    return new Spread(
        all.median,
        all.least,
        all.lower,
        all.upper,
        all.greatest,
        all.count,
        between.count < 2 ? all.uncertainty : Math.max(all.uncertainty, between.uncertainty));
  }

  private static double at(double[] sorted, double share) {
    double position = share * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
  }

  public boolean isKnown() {
    return count > 0;
  }

  /** The uncertainty as a share of the median; infinite where nothing is known. */
  public double relativeUncertainty() {
    return isKnown() ? uncertainty / median : Double.POSITIVE_INFINITY;
  }
}
