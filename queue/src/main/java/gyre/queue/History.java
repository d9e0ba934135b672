package gyre.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The curves of the dashboard: the last quarter of an hour. Guarded by who has it. */
final class History {
  private static final int POINTS = 900;

  /** Rates are of so long: heartbeats come twice a second, so a shorter time would shake. */
  private static final long WINDOW_MILLIS = 5_000;

  /**
   * A point of the curves.
   *
   * @param rates per second: done, given up, retried
   * @param latency in seconds: the median and p99 of what ended within the window; NaN if nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Point(Totals.At at, double[] rates, double[] latency, long[] pending, long delayed) {
    /** As a row: time in seconds, rates, latencies in milliseconds, sizes by priority, delayed. */
    List<@Nullable Object> row() {
      List<@Nullable Object> row = new ArrayList<>();
      row.add(at.timeMillis() / 1000.0);
      for (double each : rates) {
        row.add(rounded(each));
      }
      for (double each : latency) {
        row.add(Double.isNaN(each) ? null : rounded(each * 1000));
      }
      for (int i = EntryName.FIRST_PRIORITY; i <= EntryName.LAST_PRIORITY; i++) {
        row.add(pending[i]);
      }
      row.add(delayed);
      return row;
    }
  }

  private final Totals totals = new Totals();
  private final ArrayDeque<Point> points = new ArrayDeque<>();

  Point add(Sample sample) {
    Totals.At now = totals.add(sample);
    Totals.At before = since(now.timeMillis() - WINDOW_MILLIS, now);
    double seconds = (now.timeMillis() - before.timeMillis()) / 1000.0;
    long[] ended = new long[LatencyStats.BUCKETS];
    for (int i = 0; i < ended.length; i++) {
      ended[i] = now.latency()[i] - before.latency()[i];
    }
    Point point =
        new Point(
            now,
            new double[] {
              rate(now.done() - before.done(), seconds),
              rate(now.failed() - before.failed(), seconds),
              rate(now.retried() - before.retried(), seconds)
            },
            new double[] {
              LatencyStats.quantileSeconds(ended, 0.5), LatencyStats.quantileSeconds(ended, 0.99)
            },
            sample.pendingByPriority(),
            sample.delayed());
    points.addLast(point);
    if (points.size() > POINTS) {
      points.removeFirst();
    }
    return point;
  }

  private static double rate(long count, double seconds) {
    return seconds <= 0 ? 0 : count / seconds;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /** The newest sums that are not younger than that, or the oldest there are. */
  Totals.At since(long timeMillis, Totals.At otherwise) {
    Totals.At found = otherwise;
    for (Iterator<Point> each = points.descendingIterator(); each.hasNext(); ) {
      found = each.next().at();
      if (found.timeMillis() <= timeMillis) {
        break;
      }
    }
    return found;
  }

  List<List<@Nullable Object>> rows() {
    return points.stream().map(Point::row).toList();
  }
}
