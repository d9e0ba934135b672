package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import java.util.Optional;

/**
 * Where a round stands.
 *
 * @param settings the hash of the target's files: a round is judged by the rules it began with
 * @param rounds of each race
 * @param gates the set of them that is run
 * @param ruling where it is known already how it ends
 */
record RoundState(
    String target,
    String base,
    String settings,
    String date,
    int rounds,
    String gates,
    Step next,
    Optional<Ruling> ruling) {
  private static final String FILE = "state.json";

  static RoundState read(RoundFolder folder) {
    JsonObject object = folder.json(FILE);
    Optional<Ruling> ruling =
        object.isString("verdict")
            ? Optional.of(
                new Ruling(
                    Verdict.named(object.getString("verdict", "")), object.getString("reason", "")))
            : Optional.empty();
    return new RoundState(
        object.getString("target", ""),
        object.getString("base", ""),
        object.getString("settings", ""),
        object.getString("date", ""),
        object.getInt("rounds", 0),
        object.getString("gates", Target.ALL_GATES),
        Step.named(object.getString("next", "")),
        ruling);
  }

  void write(RoundFolder folder) {
    JsonObject object = new JsonObject();
    object.put("target", target);
    object.put("base", base);
    object.put("settings", settings);
    object.put("date", date);
    object.put("rounds", rounds);
    object.put("gates", gates);
    object.put("next", next.label());
    ruling.ifPresent(it -> {
      object.put("verdict", it.verdict().label());
      object.put("reason", it.reason());
    });
    folder.write(FILE, object);
  }

  static boolean isThere(RoundFolder folder) {
    return folder.has(FILE);
  }

  /** After the step that was {@link #next}. An early end goes to the log at once. */
  RoundState after(Optional<Ruling> found) {
    Optional<Ruling> known = ruling.or(() -> found);
    boolean isEarly = found.isPresent() && next.compareTo(Step.LOG) < 0;
    return new RoundState(
        target, base, settings, date, rounds, gates, isEarly ? Step.LOG : next.next(), known);
  }
}
