package gyre.queue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long entries took from the time at which they could be done to their end, as counts of
 * buckets: so that figures of several workers, and of two times, can be added and subtracted. Any
 * thread, except that one alone tells of names.
 */
final class LatencyStats {
  /** Upper bounds of the buckets; what is above all has one more. */
  static final double[] BOUNDS_SECONDS = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    900, 3600
  };

  static final int BUCKETS = BOUNDS_SECONDS.length + 1;

  /** Sequences that are older or newer than this are no times, but numbers of somebody else. */
  private static final long PLAUSIBLE_NANOS = TimeUnit.DAYS.toNanos(30);

  private static final int DELAYED_LIMIT = 65_536;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
  private final AtomicLong sumMicros = new AtomicLong();

  /** When entries that were delayed were due: until then nobody could do them. */
  private final Map<String, Long> dueMillisByName = new HashMap<>();

  /** An entry that was put aside may be done from now on. */
  void becameDue(String name, long dueMillis) {
    if (dueMillisByName.size() >= DELAYED_LIMIT) {
      dueMillisByName.clear(); // of entries that another worker took
    }
    dueMillisByName.put(name, dueMillis);
  }

  /** An entry has ended. One whose name does not say when it was written is not counted. */
  void ended(EntryName name, Instant now) {
    Long dueMillis = dueMillisByName.isEmpty() ? null : dueMillisByName.remove(name.text());
    long beganNanos =
        dueMillis == null ? name.sequence() : TimeUnit.MILLISECONDS.toNanos(dueMillis);
    long latencyNanos = now.getEpochSecond() * 1_000_000_000 + now.getNano() - beganNanos;
    if (Math.abs(latencyNanos) <= PLAUSIBLE_NANOS) {
      record(Math.max(0, latencyNanos));
    }
  }

  void record(long nanos) {
    double seconds = nanos / 1e9;
    int bucket = 0;
    while (bucket < BOUNDS_SECONDS.length && seconds > BOUNDS_SECONDS[bucket]) {
      bucket++;
    }
    counts.incrementAndGet(bucket);
    sumMicros.addAndGet(nanos / 1000);
  }

  List<Long> counts() {
    List<Long> all = new ArrayList<>(BUCKETS);
    for (int i = 0; i < BUCKETS; i++) {
      all.add(counts.get(i));
    }
    return all;
  }

  double sumSeconds() {
    return sumMicros.get() / 1e6;
  }

  /**
   * What so many of all were at most, as Prometheus estimates it: evenly spread within a bucket.
   *
   * @param share 0.5 for the median
   * @return NaN if there are none
   */
  static double quantileSeconds(long[] counts, double share) {
    long all = 0;
    for (long each : counts) {
      all += each;
    }
    if (all == 0) {
      return Double.NaN;
    }
    double rank = share * all;
    double below = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0 && below + counts[i] >= rank) {
        if (i == BOUNDS_SECONDS.length) {
          return BOUNDS_SECONDS[i - 1]; // at least
        }
        double from = i == 0 ? 0 : BOUNDS_SECONDS[i - 1];
        return from + (BOUNDS_SECONDS[i] - from) * (rank - below) / counts[i];
      }
      below += counts[i];
    }
    return BOUNDS_SECONDS[BOUNDS_SECONDS.length - 1];
  }
}
