package gyre.insight;

import gyre.insight.StallReport.Cause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reports of stalls on their way from a process to who asks it. */
final class StallJson {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  private StallJson() {}

  static String write(List<StallReport> reports) {
    return Json.array(array -> reports.forEach(report -> array.element(json -> put(json, report))))
        + "\n";
  }

  static void put(Json json, StallReport report) {
    json.put("loop", report.loop());
    json.put("loop_number", report.loopNumber());
    json.put("kind", report.kind());
    json.put("subject", report.subject());
    json.put("began_nanos", report.beganNanos());
    json.put("ended_nanos", report.endedNanos());
    json.put("seen_nanos", report.seenNanos());
    json.put("nanos", report.nanos());
    json.put("cause", report.cause().name());
    json.put("detail", report.detail());
    json.put("place", report.place());
    json.array("scopes", scopes -> report.scopes().forEach(scopes::element));
    json.array("stack", stack -> report.stack().forEach(stack::element));
  }

  /** What {@link #write} wrote. */
  static List<StallReport> read(String text) {
    List<StallReport> reports = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
          reports.add(report(parser));
        }
      }
    }
    return reports;
  }

  private static StallReport report(JsonParser parser) {
    String loop = "";
    long number = 0;
    String kind = "";
    String subject = "";
    String detail = "";
    Cause cause = Cause.UNSEEN;
    long began = 0;
    long ended = 0;
    long seen = 0;
    List<String> scopes = new ArrayList<>();
    List<String> stack = new ArrayList<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      JsonToken ignored = parser.nextToken();
      switch (key) {
        case "loop" -> loop = Printable.of(parser.getString());
        case "loop_number" -> number = parser.getLongValue();
        case "kind" -> kind = Printable.of(parser.getString());
        case "subject" -> subject = Printable.of(parser.getString());
        case "detail" -> detail = Printable.of(parser.getString());
        case "cause" -> cause = cause(parser.getString());
        case "began_nanos" -> began = parser.getLongValue();
        case "ended_nanos" -> ended = parser.getLongValue();
        case "seen_nanos" -> seen = parser.getLongValue();
        case "scopes" -> texts(parser, scopes);
        case "stack" -> texts(parser, stack);
        default -> parser.skipChildren();
      }
    }
    return new StallReport(
        loop, number, kind, subject, scopes, began, ended, seen, cause, detail, stack);
  }

  /** One of a later release is as good as none. */
  private static Cause cause(String name) {
    return Arrays.stream(Cause.values())
        .filter(cause -> cause.name().equals(name))
        .findFirst()
        .orElse(Cause.UNSEEN);
  }

  private static void texts(JsonParser parser, List<String> to) {
    while (parser.nextToken() == JsonToken.VALUE_STRING) {
      to.add(Printable.of(parser.getString()));
    }
  }
}
