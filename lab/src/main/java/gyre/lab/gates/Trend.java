package gyre.lab.gates;

/**
 * A straight line through points, by least squares, and how well its slope is known.
 *
 * @param slope by how much y grows with one of x
 * @param margin the slope is within this of the true one, with a confidence of 95 %
 */
record Trend(double slope, double margin) {
  /** Of Student's distribution, two-sided, by degrees of freedom from 1. */
  private static final double[] T95 = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042
  };

  private static final double T95_OF_MANY = 1.96;

  /** Through three points at least, whose x differ. */
  static Trend of(double[] x, double[] y) {
    int n = x.length;
    if (n < 3 || y.length != n) {
      throw new IllegalArgumentException(n + " points with " + y.length + " values");
    }
    double meanX = mean(x);
    double meanY = mean(y);
    double squares = 0;
    double products = 0;
    for (int i = 0; i < n; i++) {
      squares += (x[i] - meanX) * (x[i] - meanX);
      products += (x[i] - meanX) * (y[i] - meanY);
    }
    if (squares <= 0) {
      return new Trend(0, Double.POSITIVE_INFINITY);
    }
    double slope = products / squares;
    double rest = 0;
    for (int i = 0; i < n; i++) {
      double off = y[i] - meanY - slope * (x[i] - meanX);
      rest += off * off;
    }
    double error = Math.sqrt(rest / (n - 2) / squares);
    return new Trend(slope, error * t95(n - 2));
  }

  private static double t95(int degrees) {
    return degrees <= T95.length ? T95[degrees - 1] : T95_OF_MANY;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  double least() {
    return slope - margin;
  }

  double most() {
    return slope + margin;
  }
}
