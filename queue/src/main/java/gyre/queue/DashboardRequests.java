package gyre.queue;

import gyre.http.HttpException;
import gyre.insight.web.WebRequest;
import gyre.queue.DashboardSource.Found;
import gyre.queue.DashboardSource.Query;
import gyre.queue.DashboardSource.Row;
import gyre.queue.Inspection.Place;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the page asks of entries, and has done to them. */
final class DashboardRequests {
  private static final int ROWS_MOST = 200;
  private static final int BRIEF_LENGTH = 160;
  private static final int CONTENT_LENGTH = 64 * 1024;
  private static final int TEXT_LIMIT = 200;
  private static final int RETRIES_AT_ONCE = 1000;

  private final DashboardSource source;

  DashboardRequests(DashboardSource source) {
    this.source = source;
  }

  private static Place place(WebRequest request) {
    String name = request.needed("place");
    for (Place each : Place.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
        return each;
      }
    }
    throw new HttpException(400, "place must be pending, delayed, processing, failed or completed");
  }

  // ---- a list

  String list(WebRequest request) {
    String text = request.field("text");
    if (text.length() > TEXT_LIMIT) {
      throw new HttpException(400, "text is longer than " + TEXT_LIMIT + " characters");
    }
    Place place = place(request);
    Found found =
        source.search(
            new Query(
                place,
                text.toLowerCase(Locale.ROOT),
                request.field("operation"),
                request.number("priority", 0, 0, EntryName.LAST_PRIORITY),
                request.number("limit", 50, 1, ROWS_MOST)));
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("place", place.name().toLowerCase(Locale.ROOT));
    answer.put("entries", found.rows().stream().map(DashboardRequests::row).toList());
    answer.put("looked", found.looked());
    answer.put("cut", found.isCut());
    return Json.write(answer);
  }

  private static Map<String, @Nullable Object> row(Row row) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("file", row.file());
    fields.put("id", row.id());
    fields.put("priority", row.priority());
    fields.put("operation", operation(row.content()));
    fields.put("time", row.timeMillis());
    fields.put("due", row.due() == 0 ? null : row.due());
    fields.put("error", brief(row.error()));
    fields.put("brief", brief(payload(row.content())));
    return fields;
  }

  /** Empty if it is no entry that can be read. */
  static String operation(String content) {
    Map<String, @Nullable Object> fields = fields(content);
    return fields.get("operation") instanceof String text
        ? text
        : fields.get("sql") != null ? Entry.SQL : "";
  }

  private static String payload(String content) {
    Map<String, @Nullable Object> fields = fields(content);
    Object payload = fields.containsKey("sql") ? fields.get("sql") : fields.get("payload");
    return switch (payload) {
      case null -> fields.isEmpty() ? content : "";
      case String text -> text;
      default -> Json.write(payload);
    };
  }

  private static Map<String, @Nullable Object> fields(String content) {
    try {
      return Json.readObject(content.getBytes(StandardCharsets.UTF_8));
    } catch (BadEntryException e) {
      return Map.of();
    }
  }

  private static String brief(String text) {
    String start = text.substring(0, Math.min(text.length(), 4 * BRIEF_LENGTH));
    String line = start.replaceAll("\\s+", " ");
    return line.length() <= BRIEF_LENGTH ? line : line.substring(0, BRIEF_LENGTH - 1) + "\u2026";
  }

  // ---- one

  String detail(WebRequest request) {
    Place place = place(request);
    String file = request.needed("file");
    Map<String, @Nullable Object> fields =
        source
            .detail(place, file)
            .orElseThrow(() ->
                new HttpException(404, "it is not there any more: it was taken, moved or deleted"));
    String content = String.valueOf(fields.get("content"));
    fields.put("file", file);
    fields.put("place", place.name().toLowerCase(Locale.ROOT));
    fields.put("operation", operation(content));
    fields.put("content", content.substring(0, Math.min(content.length(), CONTENT_LENGTH)));
    fields.put("length", content.length());
    return Json.write(fields);
  }

  // ---- doing: each answers how many entries it was done to

  String retry(WebRequest request) {
    return count(source.retry(place(request), request.needed("file")) ? 1 : 0);
  }

  String discard(WebRequest request) {
    return count(source.discard(place(request), request.needed("file")) ? 1 : 0);
  }

  String retryAll(WebRequest request) {
    return count(source.retryAll(RETRIES_AT_ONCE));
  }

  String pause(WebRequest request) {
    source.pause(request.field("operation"));
    return count(1);
  }

  String resume(WebRequest request) {
    return count(source.resume(request.field("operation")) ? 1 : 0);
  }

  private static String count(int done) {
    return "{\"done\":" + done + "}\n";
  }
}
