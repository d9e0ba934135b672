package gyre.queue;

import com.electronwill.nightconfig.core.UnmodifiableConfig;
import com.electronwill.nightconfig.core.io.ParsingException;
import com.electronwill.nightconfig.toml.TomlParser;
import gyre.insight.text.WideInteger;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the file of configuration. Everything that it says is checked, keys that nobody knows too,
 * and an error names the line and the key: a typing error must not become a default in silence.
 */
final class ConfigReader {
  private static final Set<String> QUEUE_KEYS =
      Set.of(
          "batch",
          "drain_entries",
          "drain_seconds",
          "max_entry_bytes",
          "sql_timeout_seconds",
          "retries",
          "backoff_seconds",
          "backoff_max_seconds",
          "cleanup_hours",
          "ledger_days");
  private static final Set<String> KIND_KEYS =
      Set.of(
          "kind",
          "command",
          "directory",
          "environment",
          "method",
          "url",
          "headers",
          "retry_status",
          "class",
          "concurrency",
          "rate",
          "timeout_seconds",
          "retries",
          "backoff_seconds",
          "backoff_max_seconds");
  private static final Set<String> RECURRING_KEYS =
      Set.of("cron", "zone", "operation", "sql", "payload", "params", "priority");
  private static final Set<Integer> RETRY_STATUS = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final Path file;
  private final List<String> lines;
  private final ClassLoader loader;

  private ConfigReader(Path file, String text, ClassLoader loader) {
    this.file = file;
    this.lines = text.lines().toList();
    this.loader = loader;
  }

  /**
   * Of a worker: the file that is named, or {@code queue.toml} in {@code directory} if it is there,
   * and handlers that need no file.
   */
  static QueueConfig ofWorker(WorkerOptions options, Path directory) {
    Path named = options.configuration();
    Path file = named == null ? directory.resolve("queue.toml") : named;
    QueueConfig read =
        named != null || Files.exists(file)
            ? read(file, options.classLoader())
            : QueueConfig.DEFAULT;
    List<QueueHandler> handlers = new ArrayList<>(Handlers.services(options.classLoader()));
    handlers.addAll(options.handlers());
    return read.handlers(handlers).recurring(options::plans);
  }

  /**
   * @throws QueueException that names file, line and key
   */
  static QueueConfig read(Path file, ClassLoader loader) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw QueueException.of("read configuration", file, e);
    }
    return new ConfigReader(file, text, loader).parse(text);
  }

  private QueueConfig parse(String text) {
    UnmodifiableConfig root;
    try {
      root = new TomlParser().parse(text + "\n");
    } catch (ParsingException e) {
      throw new QueueException(file + ": " + e.getMessage(), e);
    }
    Optional<WideInteger> wide = WideInteger.find(text);
    if (wide.isPresent()) {
      throw new QueueException(file + ":" + wide.get().line() + ": " + wide.get().problem());
    }
    checkKeys(root, "", Set.of("queue", "handlers", "recurring"));
    UnmodifiableConfig queue = table(root, "", "queue");
    checkKeys(queue, "queue", QUEUE_KEYS);
    QueueConfig defaults = QueueConfig.DEFAULT;
    RetryPolicy retry = retry(queue, "queue", RetryPolicy.DEFAULT);
    return new QueueConfig(
        (int) number(queue, "queue", "batch", defaults.batch(), 1, 10_000),
        (int) number(queue, "queue", "drain_entries", defaults.drainEntries(), 0, 1_000_000),
        seconds(queue, "queue", "drain_seconds", defaults.drainTime()),
        (int) number(queue, "queue", "max_entry_bytes", defaults.maxEntryBytes(), 16, 1 << 30),
        seconds(queue, "queue", "sql_timeout_seconds", defaults.sqlTimeout()),
        retry,
        Duration.ofMillis(
            (long) (3_600_000 * decimal(queue, "queue", "cleanup_hours", 24, 1.0 / 60, 24 * 3650))),
        Duration.ofDays(number(queue, "queue", "ledger_days", 7, 1, 3650)),
        kinds(table(root, "", "handlers"), retry),
        recurring(table(root, "", "recurring")));
  }

  // ---- handlers

  private Map<String, Kind> kinds(UnmodifiableConfig handlers, RetryPolicy retry) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (String operation : keys(handlers)) {
      String section = "handlers." + operation;
      UnmodifiableConfig table = table(handlers, "handlers", operation);
      checkKeys(table, section, KIND_KEYS);
      kinds.put(
          operation,
          new Kind(
              operation,
              way(table, section),
              (int) number(table, section, "concurrency", Kind.DEFAULT_CONCURRENCY, 1, 10_000),
              number(table, section, "rate", 0, 0, 1_000_000),
              seconds(table, section, "timeout_seconds", Kind.DEFAULT_TIMEOUT),
              retry(table, section, retry)));
    }
    return Map.copyOf(kinds);
  }

  private Kind.Way way(UnmodifiableConfig table, String section) {
    String kind = required(table, section, "kind");
    return switch (kind) {
      case "sql" -> new Kind.Sql();
      case "command" ->
          new Kind.Program(
              strings(table, section, "command"),
              table.contains(List.of("directory"))
                  ? Path.of(required(table, section, "directory"))
                  : null,
              texts(table, section, "environment"));
      case "http" ->
          new Kind.Http(
              text(table, section, "method", "POST").toUpperCase(Locale.ROOT),
              url(table, section),
              texts(table, section, "headers"),
              status(table, section));
      case "java" -> new Kind.Java(handler(section, required(table, section, "class")));
      default ->
          throw wrong(section, "kind", "\"" + kind + "\" is none of: sql, command, http, java");
    };
  }

  private URI url(UnmodifiableConfig table, String section) {
    String text = required(table, section, "url");
    try {
      URI url = URI.create(text);
      if (url.getHost() != null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      throw wrong(section, "url", String.valueOf(e.getMessage()));
    }
    throw wrong(section, "url", "\"" + text + "\" must be http://HOST... or https://HOST...");
  }

  private Set<Integer> status(UnmodifiableConfig table, String section) {
    Object value = table.get(List.of("retry_status"));
    if (value == null) {
      return RETRY_STATUS;
    }
    Set<Integer> codes = new TreeSet<>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        if (!(each instanceof Integer code) || code < 100 || code > 599) {
          throw wrong(section, "retry_status", each + " is not from 100 to 599");
        }
        codes.add(code);
      }
      return codes;
    }
    throw wrong(section, "retry_status", "must be a list of numbers");
  }

  private QueueHandler handler(String section, String className) {
    try {
      return Handlers.load(className, loader);
    } catch (QueueException e) {
      throw wrong(section, "class", String.valueOf(e.getMessage()));
    }
  }

  private RetryPolicy retry(UnmodifiableConfig table, String section, RetryPolicy defaults) {
    Duration first = seconds(table, section, "backoff_seconds", defaults.firstPause());
    Duration longest =
        seconds(
            table,
            section,
            "backoff_max_seconds",
            defaults.longestPause().compareTo(first) < 0 ? first : defaults.longestPause());
    if (longest.compareTo(first) < 0) {
      throw wrong(section, "backoff_max_seconds", "must not be less than backoff_seconds");
    }
    return new RetryPolicy(
        (int) number(table, section, "retries", defaults.retries(), 0, 1000), first, longest);
  }

  // ---- recurring

  private List<QueueConfig.Recurring> recurring(UnmodifiableConfig all) {
    List<QueueConfig.Recurring> list = new ArrayList<>();
    for (String name : keys(all)) {
      String section = "recurring." + name;
      UnmodifiableConfig table = table(all, "recurring", name);
      checkKeys(table, section, RECURRING_KEYS);
      list.add(new QueueConfig.Recurring(name, cron(table, section), job(table, section)));
    }
    return List.copyOf(list);
  }

  private Cron cron(UnmodifiableConfig table, String section) {
    ZoneId zone;
    try {
      zone = ZoneId.of(text(table, section, "zone", ZoneId.systemDefault().getId()));
    } catch (DateTimeException e) {
      throw wrong(section, "zone", String.valueOf(e.getMessage()));
    }
    try {
      return Cron.parse(required(table, section, "cron"), zone);
    } catch (IllegalArgumentException e) {
      throw wrong(section, "cron", String.valueOf(e.getMessage()));
    }
  }

  private Job job(UnmodifiableConfig table, String section) {
    int priority =
        (int)
            number(
                table,
                section,
                "priority",
                EntryName.DEFAULT_PRIORITY,
                EntryName.FIRST_PRIORITY,
                EntryName.LAST_PRIORITY);
    boolean isSql = table.contains(List.of("sql"));
    if (isSql == table.contains(List.of("operation"))) {
      throw wrong(section, "sql", "needs one of: sql, operation");
    }
    if (isSql) {
      Object params = table.get(List.of("params"));
      Object[] values = params instanceof List<?> list ? list.toArray() : new Object[0];
      return Job.sql(required(table, section, "sql"), values).priority(priority);
    }
    return Job.of(required(table, section, "operation"), plain(table.get(List.of("payload"))))
        .priority(priority);
  }

  /** Tables of TOML as maps, so that they can be written as JSON. */
  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case UnmodifiableConfig table -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        keys(table).forEach(name -> map.put(name, plain(table.get(List.of(name)))));
        yield map;
      }
      case List<?> list -> list.stream().<@Nullable Object>map(ConfigReader::plain).toList();
      case null, default -> value;
    };
  }

  // ---- values

  private static List<String> keys(UnmodifiableConfig table) {
    List<String> keys = new ArrayList<>();
    table.entrySet().forEach(each -> keys.add(each.getKey()));
    return keys;
  }

  private UnmodifiableConfig table(UnmodifiableConfig parent, String section, String name) {
    Object value = parent.get(List.of(name));
    if (value == null) {
      return com.electronwill.nightconfig.core.Config.inMemory();
    }
    if (value instanceof UnmodifiableConfig table) {
      return table;
    }
    throw wrong(
        section,
        name,
        "must be a table: [" + (section.isEmpty() ? "" : section + ".") + name + "]");
  }

  private void checkKeys(UnmodifiableConfig table, String section, Set<String> known) {
    for (String key : keys(table)) {
      if (!known.contains(key)) {
        throw wrong(
            section, key, "is not known; known are: " + String.join(", ", new TreeSet<>(known)));
      }
    }
  }

  private long number(
      UnmodifiableConfig table,
      String section,
      String key,
      long defaultValue,
      long least,
      long most) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return defaultValue;
    }
    if ((value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= least
        && ((Number) value).longValue() <= most) {
      return ((Number) value).longValue();
    }
    throw wrong(section, key, value + " is not a whole number from " + least + " to " + most);
  }

  private double decimal(
      UnmodifiableConfig table,
      String section,
      String key,
      double defaultValue,
      double least,
      double most) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return defaultValue;
    }
    if (value instanceof Number number
        && number.doubleValue() >= least
        && number.doubleValue() <= most) {
      return number.doubleValue();
    }
    throw wrong(section, key, value + " is not a number from " + least + " to " + most);
  }

  private Duration seconds(
      UnmodifiableConfig table, String section, String key, Duration defaultValue) {
    double seconds =
        decimal(table, section, key, defaultValue.toMillis() / 1000.0, 0, 365 * 86_400);
    return Duration.ofMillis((long) (seconds * 1000));
  }

  private String text(UnmodifiableConfig table, String section, String key, String defaultValue) {
    return table.contains(List.of(key)) ? required(table, section, key) : defaultValue;
  }

  private String required(UnmodifiableConfig table, String section, String key) {
    Object value = table.get(List.of(key));
    if (value instanceof String text && !text.isBlank()) {
      return text;
    }
    throw wrong(section, key, value == null ? "is missing" : "must be a string that is not empty");
  }

  private List<String> strings(UnmodifiableConfig table, String section, String key) {
    Object value = table.get(List.of(key));
    if (value instanceof List<?> list && !list.isEmpty()) {
      List<String> strings = new ArrayList<>();
      for (Object each : list) {
        if (!(each instanceof String text)) {
          throw wrong(section, key, "must be a list of strings: " + each + " is none");
        }
        strings.add(text);
      }
      return List.copyOf(strings);
    }
    throw wrong(section, key, "must be a list of strings: the program and its arguments");
  }

  private Map<String, String> texts(UnmodifiableConfig table, String section, String key) {
    UnmodifiableConfig inner = table(table, section, key);
    Map<String, String> texts = new LinkedHashMap<>();
    for (String name : keys(inner)) {
      Object value = inner.get(List.of(name));
      if (!(value instanceof String text)) {
        throw wrong(section + "." + key, name, "must be a string");
      }
      texts.put(name, text);
    }
    return Map.copyOf(texts);
  }

  // ---- errors

  private QueueException wrong(String section, String key, String what) {
    int line = line(section, key);
    return new QueueException(
        file
            + (line > 0 ? ":" + line : "")
            + ": "
            + (section.isEmpty() ? "" : section + ".")
            + key
            + " "
            + what);
  }

  /** The line of a key, or that of its section if it is missing; 0 if neither is found. */
  private int line(String section, String key) {
    String current = "";
    int ofSection = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("[")) {
        current = line.replaceAll("[\\[\\]\"' ]|#.*", "");
        if (current.equals(section.isEmpty() ? key : section)
            || current.equals(section + "." + key)) {
          ofSection = i + 1;
        }
      } else if (current.equals(section)
          && line.replace("\"", "").matches(java.util.regex.Pattern.quote(key) + "\\s*=.*")) {
        return i + 1;
      }
    }
    return ofSection;
  }
}
