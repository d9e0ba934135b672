package gyre.insight;

import gyre.insight.Observation.Look;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.List;
import java.util.Locale;

/** What a page is told of a look. */
final class PageState {
  /** Below a microsecond, below ten, and so on; the last is open. */
  private static final long[] BOUNDS_NANOS = {
    1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  private PageState() {}

  static String of(Look look, String point, boolean isAlive) {
    String frame =
        Json.object(json -> {
          json.put("time", System.currentTimeMillis());
          json.put("alive", isAlive);
          json.object("bars", bars -> look.change().loops().forEach(loop -> put(bars, loop)));
        });
    return frame.substring(0, frame.length() - 1)
        + ",\"point\":"
        + point
        + ",\"look\":"
        + TopJson.of(look)
        + "}";
  }

  private static void put(Json bars, LoopSnapshot loop) {
    bars.object(
        Long.toString(loop.loop()),
        each -> {
          bar(each, "callbacks", loop.callbacks());
          for (Distribution distribution : Distribution.values()) {
            if (distribution.isTime()) {
              bar(each, distribution.key().replace('_', ' '), loop.spread(distribution));
            }
          }
        });
  }

  private static void bar(Json json, String name, Spread spread) {
    if (spread.count() > 0) {
      json.array(
          name,
          counts -> {
            long low = 0;
            for (long bound : BOUNDS_NANOS) {
              counts.element(spread.between(low, bound));
              low = bound;
            }
            counts.element(spread.between(low, Long.MAX_VALUE));
          });
    }
  }

  /**
   * A row of the curves: seconds, busy and polling share of the busiest loop, turns and callbacks a
   * second, p99 of callbacks, queue delay, poll delay and timer lateness in milliseconds, handles,
   * fibers, bytes received and sent a second.
   */
  static String point(Look look, long timeMillis) {
    List<LoopSnapshot> loops = look.change().loops();
    double seconds = look.seconds();
    double[] values = {
      timeMillis / 1000.0,
      percentOfBusiest(loops, Counter.BUSY_NANOS, seconds),
      percentOfBusiest(loops, Counter.POLL_NANOS, seconds),
      sum(loops, Counter.TURNS) / seconds,
      sum(loops, Counter.CALLBACKS) / seconds,
      millis(loops.stream().map(LoopSnapshot::callbacks).reduce(Spread.EMPTY, Spread::plus)),
      p99(loops, Distribution.QUEUE_DELAY),
      p99(loops, Distribution.POLL_DELAY),
      p99(loops, Distribution.TIMER_LATENESS),
      loops.stream().mapToLong(LoopSnapshot::openHandles).sum(),
      loops.stream().mapToLong(LoopSnapshot::liveFibers).sum(),
      sum(loops, Counter.BYTES_RECEIVED) / seconds,
      sum(loops, Counter.BYTES_SENT) / seconds
    };
    StringBuilder row = new StringBuilder("[");
    for (double value : values) {
      row.append(row.length() == 1 ? "" : ",").append(String.format(Locale.ROOT, "%.3f", value));
    }
    return row.append(']').toString();
  }

  private static double percentOfBusiest(
      List<LoopSnapshot> loops, Counter counter, double seconds) {
    return loops.stream().mapToLong(loop -> loop.get(counter)).max().orElse(0) / (seconds * 1e7);
  }

  private static double sum(List<LoopSnapshot> loops, Counter counter) {
    return loops.stream().mapToLong(loop -> loop.get(counter)).sum();
  }

  private static double p99(List<LoopSnapshot> loops, Distribution distribution) {
    return millis(
        loops.stream().map(loop -> loop.spread(distribution)).reduce(Spread.EMPTY, Spread::plus));
  }

  private static double millis(Spread spread) {
    return spread.percentile(99) / 1e6;
  }
}
