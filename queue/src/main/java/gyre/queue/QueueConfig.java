package gyre.queue;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the file of configuration says: see {@code docs/queue.md}. Immutable; read by {@link
 * ConfigReader}.
 *
 * @param batch how many entries of SQL share a transaction, at most
 * @param drainEntries how many are still begun when the worker is asked to end
 */
record QueueConfig(
    int batch,
    int drainEntries,
    Duration drainTime,
    int maxEntryBytes,
    Duration sqlTimeout,
    RetryPolicy sqlRetry,
    Duration cleanupAfter,
    Duration ledgerKept,
    Map<String, Kind> kinds,
    List<Recurring> recurring) {
  static final QueueConfig DEFAULT =
      new QueueConfig(
          256,
          100,
          Duration.ofSeconds(10),
          1 << 20,
          Duration.ofSeconds(60),
          RetryPolicy.DEFAULT,
          Duration.ofHours(24),
          Duration.ofDays(7),
          Map.of(),
          List.of());

  /** Entries that are made at certain times. */
  record Recurring(String name, Cron cron, Job job) {}

  Optional<Kind> kind(String operation) {
    Kind known = kinds.get(operation);
    if (known == null && operation.equals(Entry.SQL)) {
      return Optional.of(new Kind(Entry.SQL, new Kind.Sql(), 1, 0, sqlTimeout, sqlRetry));
    }
    return Optional.ofNullable(known);
  }

  QueueConfig batch(int value) {
    return new QueueConfig(
        value,
        drainEntries,
        drainTime,
        maxEntryBytes,
        sqlTimeout,
        sqlRetry,
        cleanupAfter,
        ledgerKept,
        kinds,
        recurring);
  }

  /** Without recurring entries that are planned elsewhere. */
  QueueConfig recurring(java.util.function.Predicate<String> isOurs) {
    return new QueueConfig(
        batch,
        drainEntries,
        drainTime,
        maxEntryBytes,
        sqlTimeout,
        sqlRetry,
        cleanupAfter,
        ledgerKept,
        kinds,
        recurring.stream().filter(each -> isOurs.test(each.name())).toList());
  }

  /** With handlers that the file need not name; it goes before them. */
  QueueConfig handlers(Iterable<QueueHandler> handlers) {
    Map<String, Kind> all = new LinkedHashMap<>();
    for (QueueHandler each : handlers) {
      all.put(
          each.operation(),
          new Kind(
              each.operation(),
              new Kind.Java(each),
              Kind.DEFAULT_CONCURRENCY,
              0,
              Kind.DEFAULT_TIMEOUT,
              sqlRetry));
    }
    all.putAll(kinds);
    return new QueueConfig(
        batch,
        drainEntries,
        drainTime,
        maxEntryBytes,
        sqlTimeout,
        sqlRetry,
        cleanupAfter,
        ledgerKept,
        Map.copyOf(all),
        recurring);
  }
}
