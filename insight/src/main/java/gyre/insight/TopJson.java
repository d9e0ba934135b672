package gyre.insight;

import gyre.insight.Observation.Look;
import gyre.probe.Counter;
import gyre.probe.Distribution;

/** A look at a process as one line of JSON. */
public final class TopJson {
  private TopJson() {}

  /** All figures of all loops; sums are those of the interval. */
  public static String of(Look look) {
    return Json.object(json -> {
      json.put("pid", look.pid());
      json.put("command", look.command());
      json.put("started", look.now().started().toString());
      json.put("seconds", look.seconds());
      look.facts().residentBytes().ifPresent(bytes -> json.put("resident_bytes", bytes));
      look.facts().openDescriptors().ifPresent(open -> json.put("open_descriptors", open));
      look.facts().descriptorLimit().ifPresent(most -> json.put("descriptor_limit", most));
      json.array(
          "verdicts",
          array -> look.verdicts().forEach(verdict -> array.element(each -> put(each, verdict))));
      json.array(
          "stalls",
          array ->
              look.stalls().forEach(stall -> array.element(each -> StallJson.put(each, stall))));
      json.array(
          "loops",
          array -> look.change().loops().forEach(loop -> array.element(each -> put(each, loop))));
    });
  }

  static void put(Json json, Verdict verdict) {
    json.put("verdict", verdict.disease().key());
    json.put("subject", verdict.subject());
    json.put("evidence", verdict.evidence());
    json.put("threshold", verdict.threshold());
    json.put("place", verdict.place());
    json.put("cure", verdict.disease().cure());
  }

  private static void put(Json json, LoopSnapshot loop) {
    json.put("loop", loop.loop());
    json.put("name", loop.name());
    json.put("engine", loop.engine());
    json.put("engine_explanation", loop.engineExplanation());
    json.put("fiber_mode", loop.fiberMode());
    json.put("phase", loop.phase().name());
    json.put("turn_nanos", loop.turnNanos());
    json.put("consistent", loop.isConsistent());
    json.put("live_fibers", loop.liveFibers());
    json.put("open_handles", loop.openHandles());
    json.object(
        "counters",
        counters -> {
          for (Counter counter : Counter.values()) {
            counters.put(counter.key(), loop.get(counter));
          }
        });
    json.object(
        "histograms",
        histograms -> {
          for (Distribution distribution : Distribution.values()) {
            histograms.object(distribution.key(), each -> put(each, loop.spread(distribution)));
          }
        });
    json.array(
        "kinds",
        kinds ->
            loop.kinds()
                .forEach(kind ->
                    kinds.element(each -> {
                      each.put("kind", kind.name());
                      each.put("open", kind.open());
                      each.put("stalls", kind.stalls());
                      each.object("callbacks", spread -> put(spread, kind.callbacks()));
                    })));
  }

  private static void put(Json json, Spread spread) {
    json.put("count", spread.count());
    json.put("sum", spread.sum());
    json.put("p50", spread.percentile(50));
    json.put("p90", spread.percentile(90));
    json.put("p99", spread.percentile(99));
    json.put("p999", spread.percentile(99.9));
    json.put("max", spread.max());
  }
}
