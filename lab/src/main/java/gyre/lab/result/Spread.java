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

  private static final int FEW = 4;

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
        uncertainty(sorted, upper - lower));
  }

  /** Few values have no middle half to speak of: then it is how far they lie apart. */
  private static double uncertainty(double[] sorted, double middleHalf) {
    if (sorted.length == 1) {
      return Double.POSITIVE_INFINITY;
    }
    return sorted.length < FEW
        ? sorted[sorted.length - 1] - sorted[0]
        : NOTCH * middleHalf / Math.sqrt(sorted.length);
  }

  /**
   * The same, and no better known than {@code groups} of these figures agree. Each has a time or a
   * process of its own, and its figures depend on each other: however many they are, they tell no
   * more than one of what another group would have.
   *
   * @param groups the median of each
   */
  public Spread asSureAs(Collection<Double> groups) {
    Spread between = of(groups);
    return between.count < 2 || between.uncertainty <= uncertainty
        ? this
        : new Spread(median, least, lower, upper, greatest, count, between.uncertainty);
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
