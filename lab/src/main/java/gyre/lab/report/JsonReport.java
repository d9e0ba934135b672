package gyre.lab.report;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import gyre.lab.result.Entry;
import gyre.lab.result.Latency;
import gyre.lab.result.Machine;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import gyre.lab.result.Sample;
import gyre.lab.result.Spread;
import gyre.lab.workload.Cost;
import java.util.Map;

/** Everything as JSON, for other programs and for later. What was not measured is null. */
public final class JsonReport {
  private JsonReport() {}

  public static String of(Results results) {
    JsonObject json = new JsonObject();
    json.put("machine", machine(results.machine()));
    json.put("kernel", results.machine().kernel());
    json.put("commit", results.machine().commit());
    json.put("command", results.command());
    json.put("startedAt", results.startedAt().toString());
    json.put("complete", results.complete());
    put(json, "disturbedShare", results.disturbedShare());
    json.put("versions", strings(results.versions()));
    json.put("absent", strings(results.absent()));
    JsonArray list = new JsonArray();
    for (Group group : results.groups()) {
      group.entries().forEach(entry -> list.add(entry(group, entry)));
    }
    json.put("results", list);
    return JsonWriter.indent("  ").string().value(json).done() + "\n";
  }

  private static JsonObject machine(Machine machine) {
    JsonObject json = new JsonObject();
    json.put("processor", machine.processor());
    json.put("cores", machine.cores());
    json.put("java", machine.java());
    json.put("descriptors", machine.descriptors());
    json.put("awake", machine.awake());
    json.put("watched", machine.isWatched());
    return json;
  }

  private static JsonObject strings(Map<String, String> map) {
    JsonObject json = new JsonObject();
    map.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> json.put(e.getKey(), e.getValue()));
    return json;
  }

  private static JsonObject entry(Group group, Entry entry) {
    Latency latency = entry.latency();
    JsonObject json = new JsonObject();
    json.put("workload", entry.workload().name());
    json.put("variant", entry.variant());
    json.put("peer", entry.peer());
    json.put("status", entry.status().name().toLowerCase(java.util.Locale.ROOT));
    json.put("note", entry.note());
    put(json, "opsPerSecond", entry.spread(Sample::operationsPerSecond).median());
    put(json, "serverCpuNanosPerOp", entry.spread(Sample::cpuNanosPerOperation).median());
    put(json, "elapsedNanosPerOp", entry.spread(Sample::elapsedNanosPerOperation).median());
    put(json, "userNanosPerOp", entry.userNanosPerOperation());
    put(json, "p50Micros", latency.micros(50));
    put(json, "p99Micros", latency.micros(99));
    put(json, "p999Micros", latency.micros(99.9));
    put(json, "syscallsPerOp", entry.probe().systemCallsPerOperation());
    put(json, "allocatedBytesPerOp", entry.probe().allocatedBytesPerOperation());
    put(json, "rssBytes", entry.rssBytes() < 0 ? Double.NaN : entry.rssBytes());
    if (entry.workload().kind().cost() == Cost.CONNECTION_BYTES) {
      put(json, "bytesPerConnection", entry.cost().median());
      put(json, "idleCpuMillisPerMinute", Columns.idleMillisPerMinute(entry));
    }
    json.put("errors", entry.errors());
    json.put("generatorBound", entry.isGeneratorBound());
    put(json, "meanCost", entry.meanCost());
    json.put("costUnit", entry.workload().kind().cost().unit());
    json.put("ratioToLimit", spread(group.toLimit(entry)));
    json.put("ratioToBest", spread(group.toBest(entry)));
    JsonArray samples = new JsonArray();
    entry.samples().forEach(sample -> samples.add(sample(sample)));
    json.put("samples", samples);
    return json;
  }

  private static JsonObject sample(Sample sample) {
    JsonObject json = new JsonObject();
    json.put("round", sample.round());
    json.put("turn", sample.turn());
    json.put("visit", sample.visit());
    json.put("process", sample.process());
    json.put("disturbed", sample.isDisturbed());
    json.put("operations", sample.operations());
    json.put("elapsedNanos", sample.elapsedNanos());
    put(json, "cpuNanos", sample.cpuNanos());
    put(json, "generatorCpuNanos", sample.generatorCpuNanos());
    put(json, "heldBytes", sample.heldBytes());
    put(json, "rssBytes", sample.rssBytes());
    json.put("errors", sample.errors());
    return json;
  }

  private static void put(JsonObject json, String name, long value) {
    json.put(name, value == Sample.UNKNOWN ? null : value);
  }

  /** Six digits and no more: nobody measures better than that. */
  private static void put(JsonObject json, String name, double value) {
    json.put(name, Double.isFinite(value) ? rounded(value) : null);
  }

  static double rounded(double value) {
    return new java.math.BigDecimal(value)
        .round(new java.math.MathContext(6, java.math.RoundingMode.HALF_EVEN))
        .doubleValue();
  }

  private static @org.jspecify.annotations.Nullable JsonObject spread(Spread spread) {
    if (!spread.isKnown()) {
      return null;
    }
    JsonObject json = new JsonObject();
    put(json, "median", spread.median());
    put(json, "least", spread.least());
    put(json, "lower", spread.lower());
    put(json, "upper", spread.upper());
    put(json, "greatest", spread.greatest());
    put(json, "relativeUncertainty", spread.relativeUncertainty());
    return json;
  }
}
