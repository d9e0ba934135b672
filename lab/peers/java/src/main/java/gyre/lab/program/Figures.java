package gyre.lab.program;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a round found: a line of JSON. */
final class Figures {
  private final Map<String, String> values = new LinkedHashMap<>();

  void put(String name, long value) {
    values.put(name, Long.toString(value));
  }

  /** To what is there under this name already. */
  void add(String name, long value) {
    put(name, value + Long.parseLong(values.getOrDefault(name, "0")));
  }

  void put(String name, boolean value) {
    values.put(name, Boolean.toString(value));
  }

  void put(String name, String value) {
    values.put(name, '"' + value + '"');
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  @Override
  public String toString() {
    StringBuilder line = new StringBuilder("{");
    values.forEach((name, value) ->
        line.append(line.length() == 1 ? "" : ", ")
            .append('"')
            .append(name)
            .append("\": ")
            .append(value));
    return line.append('}').toString();
  }
}
