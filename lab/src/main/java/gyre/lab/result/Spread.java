package gyre.lab.result;

import java.util.Arrays;
import java.util.Collection;

/**
 * The middle of some figures, and how far they lie apart: a quarter of them is below {@code lower},
 * a quarter above {@code upper}. NaN throughout where there are none.
 */
public record Spread(
    double median, double least, double lower, double upper, double greatest, int count) {
  public static final Spread NONE =
      new Spread(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0);

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
    return new Spread(
        at(sorted, 0.5),
        sorted[0],
        at(sorted, 0.25),
        at(sorted, 0.75),
        sorted[sorted.length - 1],
        sorted.length);
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

  /**
   * About how far the median may lie from where it would lie after ever more figures, if they do
   * not depend on each other.
   */
  public double uncertainty() {
    return NOTCH * (upper - lower) / Math.sqrt(count);
  }

  /** The same as a share of the median; infinite where nothing is known. */
  public double relativeUncertainty() {
    return isKnown() ? uncertainty() / median : Double.POSITIVE_INFINITY;
  }
}
