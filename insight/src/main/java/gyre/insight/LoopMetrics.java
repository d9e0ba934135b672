package gyre.insight;

import gyre.insight.Observation.Look;
import gyre.insight.prometheus.PrometheusText;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.Locale;

/**
 * What loops tell, in the text format of Prometheus. Counters are those since the loops were
 * opened, verdicts those of the last look.
 *
 * <pre>{@code
 * try (Observation observation = Observation.open(ProcessHandle.current().pid())) {
 *   String text = LoopMetrics.text(observation.look());
 * }
 * }</pre>
 */
public final class LoopMetrics {
  private static final double NANOS = 1e9;

  /** In seconds: from a microsecond to ten seconds. */
  private static final double[] BOUNDS = {
    1e-6, 1e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 0.01, 0.025, 0.1, 0.25, 1, 10
  };

  private LoopMetrics() {}

  /** All figures of all loops, with the loop's name and number as labels. */
  public static String text(Look look) {
    PrometheusText text = PrometheusText.create();
    process(text, look);
    for (Counter counter : Counter.values()) {
      put(text, look, counter);
    }
    PrometheusText.Family handles = text.gauge("gyre_loop_handles", "Handles that are open.");
    look.now().loops().forEach(loop -> handles.sample((double) loop.openHandles(), labels(loop)));
    PrometheusText.Family fibers =
        text.gauge("gyre_loop_fibers", "Fibers that have begun and not ended.");
    look.now().loops().forEach(loop -> fibers.sample((double) loop.liveFibers(), labels(loop)));
    PrometheusText.Family turn =
        text.gauge(
            "gyre_loop_turn_seconds",
            "For how long the turn that goes on has lasted; 0 in a wait.");
    look.now().loops().forEach(loop -> turn.sample(loop.turnNanos() / NANOS, labels(loop)));
    for (Distribution distribution : Distribution.values()) {
      put(text, look, distribution);
    }
    PrometheusText.Histogram callbacks =
        text.histogram(
            "gyre_loop_callback_duration_seconds",
            "How long callbacks take, by kind of handle.",
            BOUNDS);
    for (LoopSnapshot loop : look.now().loops()) {
      for (KindSnapshot kind : loop.kinds()) {
        Spread spread = kind.callbacks();
        callbacks.sample(counts(spread), spread.sum() / NANOS, labels(loop, "kind", kind.name()));
      }
    }
    return text.toString();
  }

  private static void process(PrometheusText text, Look look) {
    text.gauge("gyre_process_loops", "Loops that are open.").sample(look.now().loops().size());
    look.facts()
        .residentBytes()
        .ifPresent(bytes ->
            text.gauge("gyre_process_resident_memory_bytes", "Resident memory.")
                .sample((double) bytes));
    look.facts()
        .openDescriptors()
        .ifPresent(open ->
            text.gauge("gyre_process_open_fds", "Descriptors that are open.")
                .sample((double) open));
    look.facts()
        .descriptorLimit()
        .ifPresent(limit ->
            text.gauge("gyre_process_max_fds", "Descriptors that may be open.")
                .sample((double) limit));
    PrometheusText.Family verdicts =
        text.gauge("gyre_process_verdicts", "How often each verdict is true now: see gyre top.");
    for (Verdict.Disease disease : Verdict.Disease.values()) {
      long count = look.verdicts().stream().filter(verdict -> verdict.disease() == disease).count();
      verdicts.sample((double) count, "verdict", disease.key());
    }
  }

  /** Times are told in seconds, as Prometheus has them. */
  private static void put(PrometheusText text, Look look, Counter counter) {
    String key = counter.key();
    boolean isTime = key.endsWith("_nanos");
    String name = "gyre_loop_" + (isTime ? key.replace("_nanos", "_seconds") : key);
    String help = "Of a loop: " + key.replace("_nanos", "").replace('_', ' ') + ".";
    PrometheusText.Family family =
        counter.sort() == Counter.Sort.SUM
            ? text.counter(name + "_total", help)
            : text.gauge(name, help);
    double unit = isTime ? NANOS : 1;
    look.now().loops().forEach(loop -> family.sample(loop.get(counter) / unit, labels(loop)));
  }

  private static void put(PrometheusText text, Look look, Distribution distribution) {
    if (!distribution.isTime()) {
      return; // how many events a turn has is the ratio of two counters
    }
    PrometheusText.Histogram histogram =
        text.histogram(
            "gyre_loop_" + distribution.key().toLowerCase(Locale.ROOT) + "_duration_seconds",
            "Of a loop: " + distribution.key().replace('_', ' ') + ".",
            BOUNDS);
    for (LoopSnapshot loop : look.now().loops()) {
      Spread spread = loop.spread(distribution);
      histogram.sample(counts(spread), spread.sum() / NANOS, labels(loop));
    }
  }

  /** A value goes with the bucket that it ends in: bounds are as exact as buckets are. */
  private static long[] counts(Spread spread) {
    long[] counts = new long[BOUNDS.length + 1];
    long before = 0;
    for (int i = 0; i < BOUNDS.length; i++) {
      long below = spread.between(0, Math.round(BOUNDS[i] * NANOS));
      counts[i] = below - before;
      before = below;
    }
    counts[BOUNDS.length] = spread.count() - before;
    return counts;
  }

  private static String[] labels(LoopSnapshot loop, String... more) {
    String[] labels = new String[4 + more.length];
    labels[0] = "loop";
    labels[1] = loop.name();
    labels[2] = "number";
    labels[3] = Long.toString(loop.loop());
    System.arraycopy(more, 0, labels, 4, more.length);
    return labels;
  }
}
