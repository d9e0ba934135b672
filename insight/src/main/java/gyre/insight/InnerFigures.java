package gyre.insight;

import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the loops of a process tell, all of them together: for those who judge it from outside. */
public final class InnerFigures {
  private InnerFigures() {}

  /** Of what has happened since the look before, by name. */
  public static Map<String, Object> of(Observation.Look look) {
    List<LoopSnapshot> loops = look.change().loops();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("loops", loops.size());
    figures.put(
        "busy_percent",
        rounded(
            sum(loops, Counter.BUSY_NANOS) / (look.seconds() * 1e7 * Math.max(1, loops.size()))));
    figures.put("turns", sum(loops, Counter.TURNS));
    figures.put("callbacks", sum(loops, Counter.CALLBACKS));
    Spread callbacks =
        loops.stream().map(LoopSnapshot::callbacks).reduce(Spread.EMPTY, Spread::plus);
    figures.put("callback_p99_millis", millis(callbacks.percentile(99)));
    figures.put("callback_max_millis", millis(callbacks.max()));
    figures.put("queue_delay_p99_millis", p99(loops, Distribution.QUEUE_DELAY));
    figures.put("poll_delay_p99_millis", p99(loops, Distribution.POLL_DELAY));
    long calls = sum(loops, Counter.CALLS_WAITING) + sum(loops, Counter.CALLS_OTHER);
    long received = sum(loops, Counter.COMPLETIONS);
    figures.put(
        "system_calls_per_completion", received == 0 ? 0 : rounded((double) calls / received));
    figures.put("handles", loops.stream().mapToLong(LoopSnapshot::openHandles).sum());
    figures.put("fibers", loops.stream().mapToLong(LoopSnapshot::liveFibers).sum());
    figures.put("pool_used_mebibytes", sum(loops, Counter.POOL_USED_BYTES) >> 20);
    figures.put("stalls", sum(loops, Counter.STALLS));
    figures.put("verdicts", verdicts(look.verdicts()));
    return figures;
  }

  private static String verdicts(List<Verdict> verdicts) {
    return verdicts.isEmpty()
        ? "none"
        : String.join(
            "; ",
            verdicts.stream()
                .map(each -> each.disease().key() + ": " + each.evidence())
                .distinct()
                .toList());
  }

  private static long sum(List<LoopSnapshot> loops, Counter counter) {
    return loops.stream().mapToLong(loop -> loop.get(counter)).sum();
  }

  private static double p99(List<LoopSnapshot> loops, Distribution distribution) {
    return millis(
        loops.stream()
            .map(loop -> loop.spread(distribution))
            .reduce(Spread.EMPTY, Spread::plus)
            .percentile(99));
  }

  private static double millis(long nanos) {
    return rounded(nanos / 1e6);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
