package gyre.lab.result;

import java.util.Arrays;
import java.util.Collection;

/** The middle of some figures, and how far they lie apart. NaN throughout where there are none. */
public record Spread(double median, double least, double greatest, int count) {
  public static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN, 0);

  /** Of the numbers among {@code values}: those that are NaN were not measured. */
  public static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).filter(Double::isFinite).toArray();
    if (sorted.length == 0) {
      return NONE;
    }
    Arrays.sort(sorted);
    int upper = sorted.length / 2;
    int lower = (sorted.length - 1) / 2;
    double median = (sorted[lower] + sorted[upper]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }

  public boolean isKnown() {
    return count > 0;
  }

  /** Half the width of what was seen, relative to the middle. */
  public double relativeHalfWidth() {
    return (greatest - least) / 2 / median;
  }
}
