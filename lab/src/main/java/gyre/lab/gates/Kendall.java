package gyre.lab.gates;

import java.util.Arrays;

/**
 * Whether values rise as they go on, by the test of Mann and Kendall: it counts the pairs of which
 * the later one is greater, so neither steps nor single outliers decide, as they do of a line.
 */
final class Kendall {
  private Kendall() {}

  /** How many standard deviations above chance it is; 0 where there is nothing to tell. */
  static double of(double... values) {
    int n = values.length;
    int score = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        score += Double.compare(values[j], values[i]);
      }
    }
    double variance = (n * (n - 1.0) * (2.0 * n + 5) - ties(values)) / 18;
    return variance <= 0 || score == 0 ? 0 : (score - Math.signum(score)) / Math.sqrt(variance);
  }

  /** Values that are equal say less. */
  private static double ties(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double ties = 0;
    for (int from = 0, to = 0; from < sorted.length; from = to) {
      while (to < sorted.length && sorted[to] == sorted[from]) {
        to++;
      }
      double alike = to - from;
      ties += alike * (alike - 1) * (2 * alike + 5);
    }
    return ties;
  }
}
