package gyre.lab.result;

import java.util.List;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A distribution of response times; empty where the work has none. It is kept as the buckets that
 * it came in, which are few: a race holds thousands of these.
 */
public final class Latency {
  private static final long HIGHEST_NANOS = 60_000_000_000L;
  private static final int DIGITS = 3;
  private static final Latency EMPTY = new Latency(new long[0], new long[0]);

  private final long[] valuesNanos;
  private final long[] counts;
  private @Nullable Histogram histogram;

  private Latency(long[] valuesNanos, long[] counts) {
    this.valuesNanos = valuesNanos;
    this.counts = counts;
  }

  public static Latency empty() {
    return EMPTY;
  }

  /** From buckets: {@code counts[i]} times {@code valuesNanos[i]}. */
  public static Latency of(List<Long> valuesNanos, List<Long> counts) {
    if (valuesNanos.size() != counts.size()) {
      throw new IllegalArgumentException(
          valuesNanos.size() + " values but " + counts.size() + " counts");
    }
    return new Latency(longs(valuesNanos), longs(counts));
  }

  private static long[] longs(List<Long> numbers) {
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  /** All of them in one. */
  public static Latency merged(List<Latency> parts) {
    return new Latency(
        parts.stream().flatMapToLong(part -> LongStream.of(part.valuesNanos)).toArray(),
        parts.stream().flatMapToLong(part -> LongStream.of(part.counts)).toArray());
  }

  public boolean isEmpty() {
    return LongStream.of(counts).allMatch(count -> count == 0);
  }

  /** NaN where there is nothing. */
  public double micros(double percentile) {
    return isEmpty() ? Double.NaN : histogram().getValueAtPercentile(percentile) / 1e3;
  }

  private Histogram histogram() {
    Histogram known = histogram;
    if (known == null) {
      known = new Histogram(1, HIGHEST_NANOS, DIGITS);
      for (int i = 0; i < counts.length; i++) {
        known.recordValueWithCount(Math.clamp(valuesNanos[i], 1, HIGHEST_NANOS), counts[i]);
      }
      histogram = known;
    }
    return known;
  }
}
