package gyre.lab.result;

import java.util.List;
import org.HdrHistogram.Histogram;

/** A distribution of response times; empty where the work has none. */
public final class Latency {
  private static final long HIGHEST_NANOS = 60_000_000_000L;
  private static final int DIGITS = 3;

  private final Histogram histogram = new Histogram(1, HIGHEST_NANOS, DIGITS);

  private Latency() {}

  public static Latency empty() {
    return new Latency();
  }

  /** From buckets: {@code counts[i]} times {@code valuesNanos[i]}. */
  public static Latency of(List<Long> valuesNanos, List<Long> counts) {
    if (valuesNanos.size() != counts.size()) {
      throw new IllegalArgumentException(
          valuesNanos.size() + " values but " + counts.size() + " counts");
    }
    Latency latency = new Latency();
    for (int i = 0; i < counts.size(); i++) {
      long value = Math.clamp(valuesNanos.get(i), 1, HIGHEST_NANOS);
      latency.histogram.recordValueWithCount(value, counts.get(i));
    }
    return latency;
  }

  /** All of them in one. */
  public static Latency merged(List<Latency> parts) {
    Latency all = new Latency();
    parts.forEach(part -> all.histogram.add(part.histogram));
    return all;
  }

  public boolean isEmpty() {
    return histogram.getTotalCount() == 0;
  }

  /** NaN where there is nothing. */
  public double micros(double percentile) {
    return isEmpty() ? Double.NaN : histogram.getValueAtPercentile(percentile) / 1e3;
  }
}
