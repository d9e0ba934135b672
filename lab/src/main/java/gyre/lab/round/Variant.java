package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** One implementation of what was chosen, and how far it got. */
record Variant(String name, String summary, Outcome outcome, String note) {
  /** How far. */
  enum Outcome {
    /** It has a diff, and nothing is known of that yet. */
    WRITTEN,
    /** The implementer gave none. */
    NO_DIFF,
    /** It cannot be used: it does not apply, is not allowed, or does not build. */
    REFUSED,
    /** A gate failed. */
    INCORRECT,
    /** What is built is the same, or what was changed did not run. */
    WITHOUT_EFFECT,
    /** It showed no figure. */
    NOT_RACED,
    PASSED;

    /** What may be raced, or might have been. */
    boolean isRaceable() {
      return this == PASSED || this == NOT_RACED;
    }

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static final List<String> NAMES = List.of("a", "b", "c");
  static final String FILE = "variants.json";

  /** Where its diff is, below the folder of the round. */
  String diff() {
    return diff(name);
  }

  static String diff(String name) {
    return "variants/" + name + ".diff";
  }

  Variant with(Outcome now, String why) {
    return new Variant(name, summary, now, why);
  }

  static List<Variant> read(RoundFolder folder) {
    List<Variant> variants = new ArrayList<>();
    JsonArray array = folder.json(FILE).getArray("variants", new JsonArray());
    for (int i = 0; i < array.size(); i++) {
      JsonObject object = array.getObject(i);
      String label = object.getString("outcome", "");
      variants.add(
          new Variant(
              object.getString("name", ""),
              object.getString("summary", ""),
              Arrays.stream(Outcome.values())
                  .filter(each -> each.label().equals(label))
                  .findFirst()
                  .orElseThrow(),
              object.getString("note", "")));
    }
    return variants;
  }

  static void write(RoundFolder folder, List<Variant> variants) {
    JsonArray array = new JsonArray();
    for (Variant variant : variants) {
      JsonObject object = new JsonObject();
      object.put("name", variant.name());
      object.put("summary", variant.summary());
      object.put("outcome", variant.outcome().label());
      object.put("note", variant.note());
      array.add(object);
    }
    JsonObject object = new JsonObject();
    object.put("variants", array);
    folder.write(FILE, object);
  }
}
