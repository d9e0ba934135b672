package gyre.lab.gates;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.race.Child;
import gyre.lab.race.PeerFailure;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Latency;
import java.time.Duration;
import java.util.List;

/** One run of the generator, and what it said. */
record Round(
    long requests,
    double seconds,
    long unanswered,
    long serverCpuNanos,
    List<Long> answered,
    List<Long> worstNanos,
    Latency latency) {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Runs a command to its end, which is to come within {@code millis} and some patience. */
  static Round run(List<String> command, int millis) throws PeerFailure {
    try (Child child = Child.start("generator", command)) {
      JsonObject json = parse(child.hear(PATIENCE.plusMillis(millis)));
      if (json.getLong("errors", 0) > 0) {
        throw new PeerFailure(Status.WRONG, child.lastWords());
      }
      return of(json);
    }
  }

  static JsonObject parse(String line) throws PeerFailure {
    try {
      return JsonParser.object().from(line);
    } catch (JsonParserException e) {
      throw new PeerFailure(Status.FAILED, "the generator said " + line);
    }
  }

  static Round of(JsonObject json) {
    JsonObject latency = json.getObject("latency", new JsonObject());
    return new Round(
        json.getLong("requests", 0),
        json.getLong("elapsedNanos", 0) / 1e9,
        json.getLong("unanswered", 0),
        json.getLong("serverCpuNanos", 0),
        longs(json.getArray("answered", new JsonArray())),
        longs(json.getArray("worstNanos", new JsonArray())),
        Latency.of(
            longs(latency.getArray("valuesNanos", new JsonArray())),
            longs(latency.getArray("counts", new JsonArray()))));
  }

  private static List<Long> longs(JsonArray array) {
    return array.stream().map(value -> ((Number) value).longValue()).toList();
  }
}
