package gyre.lab.round;

import java.util.Arrays;
import java.util.List;

/** What is made of the ratios of rounds: a middle, and how far it may be from the truth. */
record Measured(double median, double low, double high) {
  private static final double Z_95 = 1.96;

  /** Of figures of two participants, round by round, because a machine changes its speed. */
  static Measured ratio(List<Double> ours, List<Double> theirs) {
    if (ours.isEmpty() || ours.size() != theirs.size()) {
      throw new IllegalArgumentException("rounds are missing: " + ours + " against " + theirs);
    }
    double[] ratios = new double[ours.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = ours.get(i) / theirs.get(i);
    }
    return of(ratios);
  }

  /** With the interval that holds the true median in 95 of 100 cases, whatever the distribution. */
  static Measured of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    int outside = Math.max(0, (int) Math.floor((n - Z_95 * Math.sqrt(n)) / 2));
    return new Measured(middle(sorted), sorted[outside], sorted[n - 1 - outside]);
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return middle(sorted);
  }

  private static double middle(double[] sorted) {
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  /** How far from 1 the middle of such ratios may lie though nothing differs. */
  double floor() {
    return Math.max(Math.abs(low - 1), Math.abs(high - 1));
  }

  double halfWidth() {
    return (high - low) / 2;
  }
}
