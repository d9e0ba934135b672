package gyre.lab.gates;

import gyre.lab.gates.Judgement.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Decides by what was measured; measures nothing itself. */
final class Judge {
  /** Jain's index: 1 where all get the same, 1/n where one gets all. */
  private static final double FAIR = 0.9;

  /** Of the mean, which the least served connection must get. */
  private static final double LEAST_SHARE = 0.25;

  /** A connection that once waited so long, and so many times longer than most did, was starved. */
  private static final double STARVED_SECONDS = 1;

  private static final double STARVED_BEYOND = 10;

  /** Of the answers that were due; fewer, and what was measured is not the rate that was asked. */
  private static final double AT_RATE = 0.99;

  /** So many times later than the C program, and the machine alone is not to blame. */
  private static final double FAR_WORSE = 4;

  /** Held connections short of which the promise of many has not been tried. */
  private static final int MANY = 10_000;

  private final GateOptions options;

  Judge(GateOptions options) {
    this.options = options;
  }

  Judgement of(Gate gate, Measured measured) {
    return switch (measured) {
      case Measured.Unknown unknown -> Judgement.unjudged(gate, unknown.reason());
      case Measured.Broken broken -> new Judgement(gate, Outcome.FAIL, broken.what(), Map.of());
      case Measured.Delays delays -> latency(delays);
      case Measured.Shares shares -> fairness(shares);
      case Measured.Growth growth -> memory(growth);
      case Measured.Cost cost -> cpu(cost);
      case Measured.Held held -> connections(held);
    };
  }

  private Judgement latency(Measured.Delays delays) {
    double p99 = delays.latency().micros(99) / 1e3;
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rate_per_second", Math.round(delays.answers() / delays.seconds()));
    for (double percentile : new double[] {50, 90, 99, 99.9, 100}) {
      String name = percentile == 100 ? "max" : "p" + text(percentile).replace(".", "");
      figures.put(name + "_millis", rounded(delays.latency().micros(percentile) / 1e3));
    }
    figures.put("limit_millis", options.latencyLimitMillis());
    figures.put("unanswered", delays.unanswered());
    if (delays.latency().isEmpty()) {
      return new Judgement(Gate.LATENCY, Outcome.FAIL, "nothing was answered", figures);
    }
    String limit = text(options.latencyLimitMillis()) + " ms";
    String at = ", at %,d requests a second".formatted(options.rate());
    boolean isReferenceLate = delays.reference() > options.latencyLimitMillis();
    if (p99 > options.latencyLimitMillis()
        && isReferenceLate
        && p99 < delays.reference() * FAR_WORSE) {
      figures.put("c_uring_p99_millis", rounded(delays.reference()));
      return new Judgement(
          Gate.LATENCY,
          Outcome.UNJUDGED,
          "p99 is %s ms, but that of the C program is %s ms here: the machine is too busy"
              .formatted(text(p99), text(delays.reference())),
          figures);
    }
    if (p99 > options.latencyLimitMillis()) {
      return new Judgement(
          Gate.LATENCY,
          Outcome.FAIL,
          "p99 is " + text(p99) + " ms, more than " + limit + at,
          figures);
    }
    if (delays.answers() + delays.unanswered() < delays.sent() * AT_RATE) {
      return new Judgement(
          Gate.LATENCY,
          Outcome.UNJUDGED,
          "the generator managed only %,d of %,.0f requests a second: free a core, or lower --rate"
              .formatted(Math.round(delays.answers() / delays.seconds()), (double) options.rate()),
          figures);
    }
    return new Judgement(
        Gate.LATENCY, Outcome.PASS, "p99 is " + text(p99) + " ms, within " + limit + at, figures);
  }

  private Judgement fairness(Measured.Shares shares) {
    List<Long> answers = shares.answers();
    double sum = answers.stream().mapToDouble(Long::doubleValue).sum();
    double squares = answers.stream().mapToDouble(each -> (double) each * each).sum();
    double mean = sum / answers.size();
    double index = squares == 0 ? 0 : sum * sum / (answers.size() * squares);
    int least = 0;
    int slowest = 0;
    for (int i = 1; i < answers.size(); i++) {
      least = answers.get(i) < answers.get(least) ? i : least;
      slowest = shares.worstNanos().get(i) > shares.worstNanos().get(slowest) ? i : slowest;
    }
    double share = mean == 0 ? 0 : answers.get(least) / mean;
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("fairness_index", rounded(index));
    figures.put("connections", answers.size());
    figures.put("mean_answers", rounded(mean));
    figures.put("least_answers", answers.get(least));
    figures.put("least_served_connection", least);
    figures.put("longest_wait_millis", rounded(shares.worstNanos().get(slowest) / 1e6));
    figures.put("longest_waiting_connection", slowest);
    if (sum == 0) {
      return new Judgement(Gate.FAIRNESS, Outcome.FAIL, "nothing was answered", figures);
    }
    String found =
        "fairness index %s (limit %s); connection %d got %.0f %% of the mean (limit %.0f %%)"
            .formatted(text(index), text(FAIR), least, share * 100, LEAST_SHARE * 100);
    boolean isFair = index >= FAIR && share >= LEAST_SHARE;
    long[] waits = shares.worstNanos().stream().mapToLong(Long::longValue).sorted().toArray();
    double longest = waits[waits.length - 1] / 1e9;
    double usual = waits[waits.length / 2] / 1e9;
    if (isFair && longest > STARVED_SECONDS && longest > usual * STARVED_BEYOND) {
      return new Judgement(
          Gate.FAIRNESS,
          Outcome.FAIL,
          "connection %d waited %s s for an answer, and most at most %s s"
              .formatted(slowest, text(longest), text(usual)),
          figures);
    }
    return new Judgement(Gate.FAIRNESS, isFair ? Outcome.PASS : Outcome.FAIL, found, figures);
  }

  /** The worst of all series; of those that are alike the first. */
  private Judgement memory(Measured.Growth growth) {
    MemoryJudge judge = new MemoryJudge(options.leakLimitBytes(), growth.seconds());
    Map<String, Object> figures = new LinkedHashMap<>();
    List<MemoryJudge.Finding> all = new ArrayList<>();
    for (Measured.Growth.Series each : growth.series()) {
      all.add(judge.of(each, figures));
    }
    for (Outcome outcome : new Outcome[] {Outcome.FAIL, Outcome.UNJUDGED}) {
      for (MemoryJudge.Finding each : all) {
        if (each.outcome() == outcome) {
          return new Judgement(Gate.MEMORY, outcome, each.reason(), figures);
        }
      }
    }
    return all.isEmpty()
        ? Judgement.unjudged(Gate.MEMORY, "no memory was looked at")
        : new Judgement(
            Gate.MEMORY,
            Outcome.PASS,
            String.join("; ", all.stream().map(MemoryJudge.Finding::reason).toList()),
            figures);
  }

  private Judgement cpu(Measured.Cost cost) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("cpu_micros_per_request", rounded(cost.nanos() / 1e3));
    if (Double.isNaN(cost.reference())) {
      return new Judgement(
          Gate.CPU,
          Outcome.UNJUDGED,
          "%s µs a request, and nothing to compare it with: c-uring %s"
              .formatted(text(cost.nanos() / 1e3), cost.missing()),
          figures);
    }
    if (!(cost.nanos() > 0 && cost.reference() > 0)) {
      return new Judgement(
          Gate.CPU,
          Outcome.UNJUDGED,
          "%s µs a request, and %s µs by c-uring: CPU time was not seen"
              .formatted(text(cost.nanos() / 1e3), text(cost.reference() / 1e3)),
          figures);
    }
    double ratio = cost.nanos() / cost.reference();
    figures.put("c_uring_micros_per_request", rounded(cost.reference() / 1e3));
    figures.put("ratio", rounded(ratio));
    figures.put("limit_ratio", options.cpuRatioLimit());
    String found =
        "%s µs of CPU time a request, %s times that of c-uring (limit %s)"
            .formatted(text(cost.nanos() / 1e3), text(ratio), text(options.cpuRatioLimit()));
    Outcome outcome = ratio <= options.cpuRatioLimit() ? Outcome.PASS : Outcome.FAIL;
    return new Judgement(Gate.CPU, outcome, found, figures);
  }

  private Judgement connections(Measured.Held held) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("wanted", held.wanted());
    figures.put("possible_here", held.possible());
    figures.put("opened", held.opened());
    figures.put("served", held.served());
    figures.put("p99_millis", rounded(held.latency().micros(99) / 1e3));
    figures.put("max_millis", rounded(held.latency().micros(100) / 1e3));
    String found =
        "%,d of %,d connections were held and served".formatted(held.served(), held.possible());
    if (held.served() < held.possible() && held.failure().isEmpty()) {
      return new Judgement(
          Gate.CONNECTIONS,
          Outcome.UNJUDGED,
          found + " when the time was over: give it more --seconds",
          figures);
    }
    if (held.served() < held.possible()) {
      return new Judgement(
          Gate.CONNECTIONS, Outcome.FAIL, found + "; then " + held.failure(), figures);
    }
    if (held.possible() < Math.min(held.wanted(), MANY)) {
      return new Judgement(
          Gate.CONNECTIONS,
          Outcome.UNJUDGED,
          found + ", and no more fit: " + held.narrow(),
          figures);
    }
    return new Judgement(
        Gate.CONNECTIONS,
        Outcome.PASS,
        held.narrow().isEmpty() ? found : found + "; no more fit: " + held.narrow(),
        figures);
  }

  /** Three digits, as people read them. */
  static String text(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "unknown" : "any number of";
    }
    double size = Math.abs(value);
    String text =
        String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  /** For JSON, which has no NaN: those become -1. */
  static double rounded(double value) {
    return Double.isFinite(value) ? Math.round(value * 1000) / 1000.0 : -1;
  }
}
