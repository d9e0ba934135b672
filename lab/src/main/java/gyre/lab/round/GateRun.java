package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs gates. That one cannot be run is found out by its probe alone, never by how it ended. */
final class GateRun {
  /** How it went. */
  enum Outcome {
    PASSED,
    FAILED,
    UNAVAILABLE
  }

  /** One gate and how it went. */
  record Result(String gate, Outcome outcome, boolean isRequired, String note) {
    boolean isRefused() {
      return outcome == Outcome.FAILED || (isRequired && outcome == Outcome.UNAVAILABLE);
    }
  }

  private GateRun() {}

  /** All of them, or those up to the first that refuses: the rest would say nothing more. */
  static List<Result> run(List<Target.Gate> gates, Tree tree, Commands commands, Path logs) {
    List<Result> results = new ArrayList<>();
    for (Target.Gate gate : gates) {
      Result result = run(gate, tree, commands, logs);
      results.add(result);
      if (result.isRefused()) {
        break;
      }
    }
    return results;
  }

  private static Result run(Target.Gate gate, Tree tree, Commands commands, Path logs) {
    if (gate.probe().isPresent()) {
      Path said = logs.resolve("probe-" + gate.name() + ".txt");
      Shell.Result there = commands.run(gate.probe().get(), tree, Map.of(), said);
      if (!there.isGood()) {
        return new Result(
            gate.name(), Outcome.UNAVAILABLE, gate.isRequired(), "probe: " + there.failure());
      }
    }
    Path said = logs.resolve("gate-" + gate.name() + ".txt");
    Shell.Result result = commands.run(gate.command(), tree, Map.of(), said);
    return result.isGood()
        ? new Result(gate.name(), Outcome.PASSED, gate.isRequired(), "")
        : new Result(gate.name(), Outcome.FAILED, gate.isRequired(), result.failure());
  }

  /** The first that refuses, in words; empty where all are green. */
  static String refusal(List<Result> results) {
    for (Result result : results) {
      if (result.isRefused()) {
        String what = result.outcome() == Outcome.FAILED ? " failed" : " is required, and not here";
        return "gate " + result.gate() + what + ": " + result.note();
      }
    }
    boolean isAnyPassed = results.stream().anyMatch(each -> each.outcome() == Outcome.PASSED);
    return isAnyPassed ? "" : "no gate could be run";
  }

  static JsonArray json(List<Result> results) {
    JsonArray array = new JsonArray();
    for (Result result : results) {
      JsonObject object = new JsonObject();
      object.put("gate", result.gate());
      object.put("outcome", result.outcome().name().toLowerCase(java.util.Locale.ROOT));
      object.put("required", result.isRequired());
      object.put("note", result.note());
      array.add(object);
    }
    return array;
  }

  static List<Result> of(JsonArray array) {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      JsonObject object = array.getObject(i);
      results.add(
          new Result(
              object.getString("gate", ""),
              Outcome.valueOf(object.getString("outcome", "").toUpperCase(java.util.Locale.ROOT)),
              object.getBoolean("required", true),
              object.getString("note", "")));
    }
    return results;
  }
}
