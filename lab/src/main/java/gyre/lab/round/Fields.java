package gyre.lab.round;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers of agents are lines of {@code name: text}; a text goes on until the next known name. */
final class Fields {
  private static final Pattern FIELD =
      Pattern.compile("^[*_#\\s-]*([A-Za-z-]+)[*_]*\\s*:[*_]*(.*)$");

  private final Map<String, String> fields;

  private Fields(Map<String, String> fields) {
    this.fields = fields;
  }

  /** The first field of each name counts; what stands before the first one, and in fences, not. */
  static Fields parse(String answer, Set<String> known) {
    Map<String, StringBuilder> texts = new LinkedHashMap<>();
    StringBuilder current = new StringBuilder();
    boolean isFenced = false;
    for (String line : answer.lines().toList()) {
      isFenced ^= line.startsWith("```");
      if (isFenced || line.startsWith("```")) {
        continue;
      }
      Matcher matcher = FIELD.matcher(line);
      String name = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
      if (known.contains(name)) {
        current = new StringBuilder(matcher.group(2));
        texts.putIfAbsent(name, current);
      } else {
        current.append('\n').append(line);
      }
    }
    Map<String, String> fields = new LinkedHashMap<>();
    texts.forEach((name, text) -> fields.put(name, text.toString().strip()));
    return new Fields(fields);
  }

  /** Empty where it was not said. */
  String text(String name) {
    return fields.getOrDefault(name, "");
  }
}
