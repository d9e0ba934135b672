package gyre.insight;

import java.util.Locale;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** An event of a trace, for people. */
public final class TraceLine {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  private TraceLine() {}

  /** When it began, how long it took, and what it was; empty for what only viewers need. */
  public static String of(String event) {
    String phase = "";
    String name = "";
    String category = "";
    double micros = 0;
    double duration = 0;
    long loop = 0;
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), event)) {
      JsonToken ignored = parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = parser.currentName();
        JsonToken _ = parser.nextToken();
        switch (key) {
          case "ph" -> phase = Printable.of(parser.getString());
          case "name" -> name = Printable.of(parser.getString());
          case "cat" -> category = Printable.of(parser.getString());
          case "ts" -> micros = parser.getDoubleValue();
          case "dur" -> duration = parser.getDoubleValue();
          case "tid" -> loop = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
    }
    return phase.equals("X")
        ? String.format(
            Locale.ROOT,
            "%15.6f  loop %d  %10s  %-8s  %s",
            micros / 1e6,
            loop,
            Figures.nanos(duration * 1e3),
            category,
            name)
        : "";
  }
}
