package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * By what a round is judged, written down when it begins: the files of a target change later, and
 * whoever counts a verdict again needs those that it was reached by.
 *
 * @param base the commit that is to be made better
 * @param gateSet which gates were asked for, by the name of a set
 * @param gates all that the best variant has to go through
 */
record Terms(
    String target,
    String base,
    Target.Criteria criteria,
    List<Place> workloads,
    String gateSet,
    List<String> gates) {
  private static final String FILE = "terms.json";

  /** A workload, without its command. */
  record Place(String name, Target.Role role) {}

  Terms {
    workloads = List.copyOf(workloads);
    gates = List.copyOf(gates);
  }

  static Terms of(Target target, String base, String gateSet) {
    return new Terms(
        target.name(),
        base,
        target.criteria(),
        target.workloads().stream().map(each -> new Place(each.name(), each.role())).toList(),
        gateSet,
        target.gates().stream().map(Target.Gate::name).toList());
  }

  static boolean areThere(RoundFolder folder) {
    return folder.has(FILE);
  }

  static Terms read(RoundFolder folder) {
    JsonObject object = folder.json(FILE);
    List<Place> workloads = new ArrayList<>();
    JsonArray array = object.getArray("workloads", new JsonArray());
    for (int i = 0; i < array.size(); i++) {
      JsonObject each = array.getObject(i);
      workloads.add(
          new Place(
              each.getString("name", ""),
              Target.Role.valueOf(each.getString("role", "").toUpperCase(Locale.ROOT))));
    }
    return new Terms(
        object.getString("target", ""),
        object.getString("base", ""),
        new Target.Criteria(
            object.getInt("rounds", 0),
            object.getDouble("acceptPercent", Double.POSITIVE_INFINITY),
            object.getDouble("parkPercent", Double.POSITIVE_INFINITY),
            object.getDouble("regressPercent", 0),
            object.getDouble("noisePercent", 0)),
        workloads,
        object.getString("gateSet", ""),
        object.getArray("gates", new JsonArray()).stream().map(String::valueOf).toList());
  }

  void write(RoundFolder folder) {
    JsonArray array = new JsonArray();
    for (Place each : workloads) {
      JsonObject place = new JsonObject();
      place.put("name", each.name());
      place.put("role", each.role().name().toLowerCase(Locale.ROOT));
      array.add(place);
    }
    JsonObject object = new JsonObject();
    object.put("target", target);
    object.put("base", base);
    object.put("rounds", criteria.rounds());
    object.put("acceptPercent", criteria.acceptPercent());
    object.put("parkPercent", criteria.parkPercent());
    object.put("regressPercent", criteria.regressPercent());
    object.put("noisePercent", criteria.noisePercent());
    object.put("workloads", array);
    object.put("gateSet", gateSet);
    object.put("gates", new JsonArray(gates));
    folder.write(FILE, object);
  }

  /** What a participant of a race did at each workload, beside the noise of the baseline. */
  List<RaceResult.Row> rows(RoundFolder folder, String race, String participant) {
    RaceResult baseline = RaceResult.of(folder.json(Measuring.BASELINE));
    RaceResult result = RaceResult.of(folder.json(race));
    return workloads.stream()
        .map(each -> result.row(each.name(), each.role(), participant, baseline.floor(each.name())))
        .toList();
  }
}
