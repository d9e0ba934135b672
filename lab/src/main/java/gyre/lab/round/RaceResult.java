package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The figures of a race: for each workload and participant one a round. The base takes part twice,
 * and what it does against itself is the floor below which nothing can be told.
 */
record RaceResult(Map<String, Map<String, List<Double>>> figures) {
  static final String BASE = "base";
  static final String AGAIN = "base-again";

  /** Nobody measures better than this on a machine that others share. */
  private static final double LEAST_FLOOR = 0.01;

  private static final int PERCENT = 100;

  /** One participant at one workload, beside the base. */
  record Row(
      String workload, Target.Role role, double gain, double loss, double floor, double ratio) {
    boolean isBetter() {
      return gain > floor;
    }

    /** By more than may be allowed for, and than noise is. */
    boolean isWorse(double allowed) {
      return loss > Math.max(allowed, floor);
    }

    boolean isMoved() {
      return Math.max(gain, loss) > floor;
    }

    String text() {
      String what = isBetter() ? "better" : loss > floor ? "worse" : "not measurable";
      return String.format(
          Locale.ROOT,
          "| %s | %s | %.3f | ±%.1f %% | %s |",
          workload,
          role.name().toLowerCase(Locale.ROOT),
          ratio,
          floor * PERCENT,
          what);
    }
  }

  /** What the base does against itself at a workload. */
  double floor(String workload) {
    Map<String, List<Double>> of = of(workload);
    return Math.max(LEAST_FLOOR, Measured.ratio(figures(of, AGAIN), figures(of, BASE)).floor());
  }

  /**
   * What a participant does beside the base.
   *
   * @param earlierFloor of the same machine, measured before
   */
  Row row(String workload, Target.Role role, String participant, double earlierFloor) {
    Map<String, List<Double>> of = of(workload);
    Measured toBase = Measured.ratio(figures(of, participant), figures(of, BASE));
    Measured toAgain = Measured.ratio(figures(of, participant), figures(of, AGAIN));
    double floor =
        Math.max(
            Math.max(floor(workload), earlierFloor),
            Math.max(toBase.halfWidth(), toAgain.halfWidth()));
    double best = Math.min(toBase.median(), toAgain.median());
    double worst = Math.max(toBase.median(), toAgain.median());
    return new Row(
        workload, role, Math.max(0, 1 - worst), Math.max(0, best - 1), floor, toBase.median());
  }

  private Map<String, List<Double>> of(String workload) {
    Map<String, List<Double>> found = figures.get(workload);
    if (found == null) {
      throw new IllegalArgumentException("not raced: " + workload);
    }
    return found;
  }

  private static List<Double> figures(Map<String, List<Double>> of, String participant) {
    return of.getOrDefault(participant, List.of());
  }

  JsonObject json() {
    JsonObject object = new JsonObject();
    figures.forEach((workload, byParticipant) -> {
      JsonObject of = new JsonObject();
      byParticipant.forEach((who, values) -> of.put(who, new JsonArray(values)));
      object.put(workload, of);
    });
    return object;
  }

  static RaceResult of(JsonObject object) {
    Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();
    Set<String> workloads = new TreeSet<>(object.keySet());
    for (String workload : workloads) {
      JsonObject of = object.getObject(workload);
      Map<String, List<Double>> byParticipant = new LinkedHashMap<>();
      for (String who : of.keySet()) {
        List<Double> values = new ArrayList<>();
        JsonArray array = of.getArray(who);
        for (int i = 0; i < array.size(); i++) {
          values.add(array.getDouble(i));
        }
        byParticipant.put(who, values);
      }
      figures.put(workload, byParticipant);
    }
    return new RaceResult(figures);
  }
}
