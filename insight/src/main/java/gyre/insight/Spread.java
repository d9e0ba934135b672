package gyre.insight;

import gyre.probe.Buckets;
import org.HdrHistogram.Histogram;

/**
 * A histogram as it was read: how many values there were, and how they are spread. Immutable.
 *
 * <p>Percentiles are the largest value of the bucket that they fall into, so too large by 6.25 % at
 * most, and never more than {@link #max}.
 */
public final class Spread {
  private static final long[] NO_COUNTS = new long[Buckets.COUNT];

  /** Of no value. */
  public static final Spread EMPTY = new Spread(0, 0, NO_COUNTS);

  private final long sum;
  private final long max;
  private final long count;
  private final long[] counts;

  Spread(long sum, long max, long[] counts) {
    this.sum = sum;
    this.max = max;
    this.counts = counts;
    long all = 0;
    for (long each : counts) {
      all += each;
    }
    this.count = all;
  }

  public long count() {
    return count;
  }

  public long sum() {
    return sum;
  }

  /** The largest value; of an interval the bound of its bucket. */
  public long max() {
    return max;
  }

  public double mean() {
    return count == 0 ? 0 : (double) sum / count;
  }

  /** The value that so many percent do not exceed; 0 if there is none. */
  public long percentile(double percent) {
    long rank = (long) Math.ceil(count * percent / 100);
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank && seen > 0) {
        return Math.min(Buckets.highest(i), max);
      }
    }
    return 0;
  }

  /** How many values are in buckets that lie above {@code value}. */
  public long above(long value) {
    long number = 0;
    for (int i = Buckets.index(value) + 1; i < counts.length; i++) {
      number += counts[i];
    }
    return number;
  }

  /** How many values are in buckets that begin from {@code low} on and below {@code high}. */
  public long between(long low, long high) {
    long number = 0;
    for (int i = 0; i < counts.length && Buckets.lowest(i) < high; i++) {
      number += Buckets.lowest(i) >= low ? counts[i] : 0;
    }
    return number;
  }

  /** What has come since an earlier reading of the same histogram. */
  public Spread since(Spread earlier) {
    long[] difference = new long[counts.length];
    int last = -1;
    for (int i = 0; i < counts.length; i++) {
      difference[i] = Math.max(0, counts[i] - earlier.counts[i]);
      if (difference[i] > 0) {
        last = i;
      }
    }
    long largest = last < 0 ? 0 : max > earlier.max ? max : Math.min(max, Buckets.highest(last));
    return new Spread(Math.max(0, sum - earlier.sum), largest, difference);
  }

  /** Both together. */
  public Spread plus(Spread other) {
    long[] together = counts.clone();
    for (int i = 0; i < together.length; i++) {
      together[i] += other.counts[i];
    }
    return new Spread(sum + other.sum, Math.max(max, other.max), together);
  }

  /** For those who have tools for such; each value is the middle of its bucket. */
  public Histogram toHistogram() {
    Histogram histogram = new Histogram(2);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        histogram.recordValueWithCount((Buckets.lowest(i) + Buckets.highest(i)) / 2, counts[i]);
      }
    }
    return histogram;
  }
}
