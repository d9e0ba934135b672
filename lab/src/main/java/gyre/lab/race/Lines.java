package gyre.lab.race;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Latency;
import gyre.lab.result.Sample;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what generator and peers say, as {@code lab/peers/README.md} lays down. */
final class Lines {
  private Lines() {}

  static JsonObject parse(String line) throws PeerFailure {
    try {
      return JsonParser.object().from(line);
    } catch (JsonParserException e) {
      throw new PeerFailure(Status.FAILED, "not as the contract says: " + line);
    }
  }

  static void expectReady(String line) throws PeerFailure {
    if (!line.equals("ready")) {
      throw new PeerFailure(Status.FAILED, "said '" + line + "' instead of 'ready'");
    }
  }

  /** A round of the generator. */
  static Sample generator(String line, long rssBytes) throws PeerFailure {
    JsonObject json = parse(line);
    JsonObject latency = json.getObject("latency", new JsonObject());
    return Sample.unplaced(
        json.getLong("requests", 0),
        json.getLong("elapsedNanos", 0),
        json.getLong("serverCpuNanos", Sample.UNKNOWN),
        json.getLong("cpuNanos", Sample.UNKNOWN),
        Sample.UNKNOWN,
        rssBytes,
        json.getLong("errors", 0),
        Latency.of(longs(latency.getArray("valuesNanos")), longs(latency.getArray("counts"))));
  }

  /** A round of a program that drives itself: one sample for each variant. */
  static Map<String, Sample> step(Workload workload, JsonObject json, long rssBytes)
      throws PeerFailure {
    Map<String, Sample> samples = new LinkedHashMap<>();
    boolean several = workload.kind() == Kind.TIMERS;
    for (String variant : workload.variants()) {
      String elapsed = several ? variant + "Nanos" : "elapsedNanos";
      long operations = variant.equals("fire") ? fires(json) : operations(json);
      long cpuNanos = several ? Sample.UNKNOWN : json.getLong("cpuNanos", Sample.UNKNOWN);
      samples.put(
          variant,
          Sample.unplaced(
              operations,
              json.getLong(elapsed, 0),
              cpuNanos,
              Sample.UNKNOWN,
              Sample.UNKNOWN,
              rssBytes,
              json.getLong("errors", 0),
              Latency.empty()));
    }
    return samples;
  }

  private static long fires(JsonObject json) throws PeerFailure {
    if (!json.has("fires")) {
      throw new PeerFailure(Status.FAILED, "does not say how many timers fired: " + json);
    }
    return json.getLong("fires");
  }

  /** Of a program that drives itself. */
  static long operations(JsonObject json) {
    return json.getLong(json.has("events") ? "events" : "ops", 0);
  }

  private static List<Long> longs(JsonArray array) {
    return array == null
        ? List.of()
        : array.stream().map(value -> ((Number) value).longValue()).toList();
  }
}
