package gyre.insight;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Something that lives in a loop, as a process has told it.
 *
 * @param type {@code SCOPE}, {@code FIBER}, {@code HANDLE} or {@code CALLBACK}
 * @param wakes who can wake it, in words; empty where that is not known
 * @param ageNanos since when it waits or is open; 0 where that is not known
 */
public record TreeLine(
    String loop,
    String type,
    String name,
    String state,
    String waitsFor,
    String wakes,
    long ageNanos) {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  /** Whether what it waits for is there, and nobody has woken it. */
  boolean isUnwoken() {
    return wakes.startsWith("nobody");
  }

  /** The same wait of the same one, seen at another time. */
  boolean isSameWait(TreeLine other) {
    return loop.equals(other.loop)
        && type.equals(other.type)
        && name.equals(other.name)
        && waitsFor.equals(other.waitsFor)
        && isUnwoken() == other.isUnwoken();
  }

  static TreeLine of(String line) {
    String loop = "";
    String type = "";
    String name = "";
    String state = "";
    String waitsFor = "";
    String wakes = "";
    long age = 0;
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), line)) {
      JsonToken ignored = parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = parser.currentName();
        JsonToken _ = parser.nextToken();
        switch (key) {
          case "loop" -> loop = Printable.of(parser.getString());
          case "type" -> type = Printable.of(parser.getString());
          case "name" -> name = Printable.of(parser.getString());
          case "state" -> state = Printable.of(parser.getString());
          case "waits_for" -> waitsFor = Printable.of(parser.getString());
          case "wakes" -> wakes = Printable.of(parser.getString());
          case "age_nanos" -> age = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
    }
    return new TreeLine(loop, type, name, state, waitsFor, wakes, age);
  }
}
