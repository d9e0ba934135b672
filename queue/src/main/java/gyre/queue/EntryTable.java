package gyre.queue;

import gyre.http.HttpException;
import gyre.insight.web.WebRequest;
import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The table of entries on the dashboard, and one entry in detail. Whatever is asked of a queue of a
 * million, the answer is short, and looking for it ends: {@code looked} says how far it came.
 */
final class EntryTable {
  private static final int ROWS_MOST = 200;
  private static final int LOOK_LIMIT = 50_000;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int BRIEF_LENGTH = 160;
  private static final int CONTENT_LENGTH = 64 * 1024;
  private static final int TEXT_LIMIT = 200;

  private final Inspection inspection;
  private final LongSupplier nanoTime;

  EntryTable(Inspection inspection, LongSupplier nanoTime) {
    this.inspection = inspection;
    this.nanoTime = nanoTime;
  }

  /** A file with what it is sorted by. */
  private record Row(Path file, EntryName name, long order) {}

  private record Query(Place place, String text, String operation, int priority, int limit) {
    boolean needsContent() {
      return !text.isEmpty() || !operation.isEmpty();
    }
  }

  /** What a search has found so far: the first rows only, whatever there is. */
  private final class Search {
    final Query query;
    final PriorityQueue<Row> rows = new PriorityQueue<>(ORDER.reversed());
    final long untilNanos = nanoTime.getAsLong() + LOOK_NANOS;
    int looked;
    boolean isCut;

    Search(Query query) {
      this.query = query;
    }

    boolean visit(Path file) {
      if (looked == LOOK_LIMIT || nanoTime.getAsLong() - untilNanos > 0) {
        isCut = true;
        return false;
      }
      looked++;
      EntryName name =
          EntryName.of(file.resolveSibling(Inspection.plainName(query.place, file)),
              directoryPriority(file));
      if ((query.priority == 0 || query.priority == name.priority()) && matches(file)) {
        rows.add(new Row(file, name, order(query.place, file, name)));
        if (rows.size() > query.limit) {
          rows.poll();
          isCut = true;
        }
      }
      return true;
    }

    private boolean matches(Path file) {
      if (!query.needsContent()) {
        return true;
      }
      Item item = inspection.item(query.place, file);
      return (query.operation.isEmpty() || operation(item.content()).equals(query.operation))
          && (query.text.isEmpty()
              || contains(item.name())
              || contains(item.id())
              || contains(item.content())
              || contains(item.error()));
    }

    private boolean contains(String text) {
      return text.toLowerCase(Locale.ROOT).contains(query.text);
    }
  }

  private static final Comparator<Row> ORDER =
      Comparator.comparingLong(Row::order).thenComparing(Row::name, EntryName.ORDER);

  /** As a worker would take them; what has ended newest first. */
  private static long order(Place place, Path file, EntryName name) {
    return switch (place) {
      case PENDING -> name.priority();
      case DELAYED -> Delayed.of(file).dueMillis();
      case PROCESSING -> 0;
      case FAILED, COMPLETED -> -modifiedMillis(file);
    };
  }

  private static int directoryPriority(Path file) {
    Path parent = file.getParent();
    return parent == null ? 0 : PendingScan.directoryPriority(String.valueOf(parent.getFileName()));
  }

  private static long modifiedMillis(Path file) {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    } catch (IOException e) {
      return 0; // it was moved meanwhile
    }
  }

  // ---- a list

  String list(WebRequest request) {
    String text = request.field("text");
    if (text.length() > TEXT_LIMIT) {
      throw new HttpException(400, "text is longer than " + TEXT_LIMIT + " characters");
    }
    Query query =
        new Query(
            place(request),
            text.toLowerCase(Locale.ROOT),
            request.field("operation"),
            request.number("priority", 0, 0, EntryName.LAST_PRIORITY),
            request.number("limit", 50, 1, ROWS_MOST));
    Search search = new Search(query);
    inspection.each(query.place, search::visit);
    List<Row> rows = new ArrayList<>(search.rows);
    rows.sort(ORDER);
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("place", query.place.name().toLowerCase(Locale.ROOT));
    answer.put("entries", rows.stream().map(each -> row(query.place, each)).toList());
    answer.put("looked", search.looked);
    answer.put("cut", search.isCut);
    return Json.write(answer);
  }

  static Place place(WebRequest request) {
    String name = request.needed("place");
    for (Place each : Place.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
        return each;
      }
    }
    throw new HttpException(
        400, "place must be pending, delayed, processing, failed or completed");
  }

  private Map<String, @Nullable Object> row(Place place, Row row) {
    Item item = inspection.item(place, row.file);
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("file", fileName(row));
    fields.put("id", item.id());
    fields.put("priority", row.name.priority());
    fields.put("operation", operation(item.content()));
    fields.put("time", modifiedMillis(row.file));
    fields.put("due", place == Place.DELAYED ? Delayed.of(row.file).dueMillis() : null);
    fields.put("error", brief(item.error()));
    fields.put("brief", brief(payload(item.content())));
    return fields;
  }

  /** With the directory of a priority, if it is in one. */
  private static String fileName(Row row) {
    int priority = directoryPriority(row.file);
    String name = String.valueOf(row.file.getFileName());
    return priority == 0 ? name : priority + "/" + name;
  }

  private static String operation(String content) {
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

  /** Empty if it is no entry that can be read. */
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
    Optional<Item> found = inspection.find(place, file);
    if (found.isEmpty()) {
      throw new HttpException(404, "it is not there any more: it was taken, moved or deleted");
    }
    Item item = found.get();
    String content = item.content();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("file", file);
    fields.put("place", place.name().toLowerCase(Locale.ROOT));
    fields.put("id", item.id());
    fields.put("priority", item.priority());
    fields.put("operation", operation(content));
    fields.put("error", item.error());
    Map<String, @Nullable Object> failure =
        place == Place.FAILED ? fields(inspection.failure(file)) : Map.of();
    fields.put("attempts", failure.get("attempts"));
    fields.put("failed_at", failure.get("failed_at"));
    fields.put("content", content.substring(0, Math.min(content.length(), CONTENT_LENGTH)));
    fields.put("length", content.length());
    return Json.write(fields);
  }
}
