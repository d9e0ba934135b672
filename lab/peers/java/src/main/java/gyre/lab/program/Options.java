package gyre.lab.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code --name value} and {@code --flag}, in any order. */
final class Options {
  private static final Set<String> FLAGS = Set.of("step", "timeouts");

  private static final Set<String> NAMES =
      Set.of(
          "at-once",
          "port",
          "rounds",
          "warmup-ms",
          "round-ms",
          "pairs",
          "active",
          "writes",
          "alive",
          "dirs",
          "ops",
          "passes",
          "producers",
          "variant",
          "engine",
          "pool-bytes",
          "leak",
          "greedy",
          "slow",
          "resetting",
          "attack-ms",
          "patience-ms");

  private final Map<String, String> values = new HashMap<>();

  private Options() {}

  static Options parse(List<String> words) {
    Options options = new Options();
    for (int i = 0; i < words.size(); i++) {
      String name = words.get(i).startsWith("--") ? words.get(i).substring(2) : "";
      if (FLAGS.contains(name)) {
        options.values.put(name, "true");
      } else if (NAMES.contains(name) && i + 1 < words.size()) {
        options.values.put(name, words.get(++i));
      } else {
        throw new IllegalArgumentException("unknown option or no value: '" + words.get(i) + "'");
      }
    }
    return options;
  }

  boolean flag(String name) {
    return values.containsKey(name);
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  int number(String name, int otherwise) {
    String value = values.get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  long nanos(String name, int otherwiseMillis) {
    return number(name, otherwiseMillis) * 1_000_000L;
  }
}
