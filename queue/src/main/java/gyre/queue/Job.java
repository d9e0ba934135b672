package gyre.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be enqueued. Immutable; each method that takes a value gives a changed copy.
 *
 * <pre>{@code
 * queue.enqueue(Job.sql("INSERT INTO visits VALUES (?)", "ada").priority(2));
 * queue.enqueue(Job.of("mail", Map.of("to", "ada@example.org")).in(Duration.ofMinutes(10)));
 * }</pre>
 */
public final class Job {
  private final Map<String, @Nullable Object> fields;
  private final int priority;
  private final @Nullable Instant due;

  /** {@link #due} is a pause by the clock of this machine, and no time that was named. */
  private final boolean isPause;

  private Job(
      Map<String, @Nullable Object> fields, int priority, @Nullable Instant due, boolean isPause) {
    this.fields = fields;
    this.priority = priority;
    this.due = due;
    this.isPause = isPause;
  }

  /**
   * For the handler of {@code operation}.
   *
   * @param payload what JSON has: maps, lists, strings, numbers, booleans, null
   */
  public static Job of(String operation, @Nullable Object payload) {
    if (operation.isBlank()) {
      throw new IllegalArgumentException("the operation must have a name");
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("operation", operation);
    fields.put("payload", payload);
    return new Job(fields, EntryName.DEFAULT_PRIORITY, null, false);
  }

  /** One or several statements, with values for their places in turn. */
  public static Job sql(String statements, @Nullable Object... parameters) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("sql", statements);
    if (parameters.length > 0) {
      fields.put("params", List.of(parameters));
    }
    return new Job(fields, EntryName.DEFAULT_PRIORITY, null, false);
  }

  /**
   * From an entry in JSON, the long form or the short one.
   *
   * @throws QueueException if it is none
   */
  public static Job parse(String json) {
    try {
      byte[] bytes = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      EntryReader.parse(bytes, () -> "");
      return ofFields(Json.readObject(bytes));
    } catch (BadEntryException e) {
      throw new QueueException("read an entry: " + e.getMessage(), e);
    }
  }

  /** A value of JSON if {@code text} is one; else the text itself. */
  public static @Nullable Object value(String text) {
    try {
      byte[] wrapped =
          ("{\"value\":" + text + "}").getBytes(java.nio.charset.StandardCharsets.UTF_8);
      return Json.readObject(wrapped).get("value");
    } catch (BadEntryException e) {
      return text;
    }
  }

  /** As an entry's file says it. */
  static Job ofFields(Map<String, @Nullable Object> fields) {
    int priority =
        fields.get("priority") instanceof Integer number ? number : EntryName.DEFAULT_PRIORITY;
    return new Job(new LinkedHashMap<>(fields), priority, null, false);
  }

  /** From 1, which is done first, to 10; 5 if nothing is said. */
  public Job priority(int value) {
    if (value < EntryName.FIRST_PRIORITY || value > EntryName.LAST_PRIORITY) {
      throw new IllegalArgumentException("priority must be from 1 to 10: " + value);
    }
    return new Job(fields, value, due, isPause);
  }

  /**
   * What makes it one and the same: of entries with one id only the first is executed, as long as
   * the ledger remembers it.
   */
  public Job id(String value) {
    return with("id", value);
  }

  /** Not before that time. */
  public Job at(Instant value) {
    return new Job(fields, priority, value, false);
  }

  /** Not before so much time has gone. */
  public Job in(Duration value) {
    return new Job(fields, priority, Instant.now().plus(value), true);
  }

  /** Refuses a second one with this key while the first waits or runs. */
  public Job uniqueKey(String value) {
    return with("unique_key", value);
  }

  /** Makes it one of a batch, see {@link Queue#openBatch}. */
  public Job batch(String value) {
    return with("batch", value);
  }

  /** Anything that shall be kept with it. */
  public Job metadata(Map<String, ? extends @Nullable Object> value) {
    return with("metadata", value);
  }

  /** Keeps what comes of it, for {@link Enqueued#await}. */
  public Job keepResult() {
    return with("result", true);
  }

  private Job with(String name, Object value) {
    Map<String, @Nullable Object> changed = new LinkedHashMap<>(fields);
    changed.put(name, value);
    return new Job(changed, priority, due, isPause);
  }

  int priority() {
    return priority;
  }

  @Nullable Instant due() {
    return due;
  }

  boolean isPause() {
    return isPause;
  }

  String text(String name) {
    return fields.get(name) instanceof String value ? value : "";
  }

  /** What was said of it, to be made again by {@link #parse}. */
  String toFields() {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(fields);
    all.put("priority", priority);
    return Json.write(all);
  }

  /** The content of its file. */
  String toJson(long sequence, String id, Instant now) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("id", id);
    all.put("seq", sequence);
    all.put("priority", priority);
    all.putAll(fields);
    all.put("id", id);
    all.put("priority", priority);
    all.putIfAbsent("created_at", now.toString());
    all.putIfAbsent("retries", 0);
    return Json.write(all);
  }
}
