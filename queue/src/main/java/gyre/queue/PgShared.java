package gyre.queue;

import gyre.insight.text.Plural;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** What the threads of a worker on PostgreSQL have in common. */
final class PgShared {
  private static final long TROUBLE_FIRST_MILLIS = 50;
  private static final long TROUBLE_LONGEST_MILLIS = 5000;
  private static final int TROUBLES_LIMIT = 8;

  final PgDatabase database;
  final PgTiming timing;
  final WorkerStats stats;
  final WorkerLog log;
  final boolean isOnce;

  /** For the threads that execute SQL. */
  final PgSignal work;

  /** For the one that has entries of handlers, and keeps order. */
  final PgSignal keeping = new PgSignal(1);

  /** Names of batches of which an entry has ended. */
  final Set<String> batchesToLookAt = ConcurrentHashMap.newKeySet();

  /** Threads that execute SQL and found nothing at their last look. */
  final AtomicInteger idle = new AtomicInteger();

  /** Entries of SQL that are executed now. */
  final AtomicInteger executing = new AtomicInteger();

  /** Entries that handlers have now. */
  volatile int handling;

  final PgBusy busy = new PgBusy();

  /** Until when entries are put off that met what others held, by {@link System#nanoTime}. */
  private final AtomicLong putOffUntilNanos = new AtomicLong(System.nanoTime());

  /** Completed when all is to end at once. */
  final CompletableFuture<Void> stopped = new CompletableFuture<>();

  final int threads;
  volatile Set<String> paused = Set.of();

  /** The row in {@code workers}; 0 while there is none. */
  volatile long worker;

  /**
   * Since when the connection that listens is up, and the server answers signs of life in time, by
   * {@link System#nanoTime}.
   */
  volatile long listeningSinceNanos;

  /** When the last sign of life was answered. */
  volatile long lastBeatNanos;

  volatile boolean isListening;

  private final Supplier<QueueConfig> configs;
  private volatile Inbox.Wish wish = Inbox.Wish.WORK;
  private final AtomicInteger drainLeft = new AtomicInteger(Integer.MAX_VALUE);
  private volatile long drainUntilNanos;

  PgShared(
      PgDatabase database,
      PgTiming timing,
      Supplier<QueueConfig> configs,
      WorkerStats stats,
      WorkerLog log,
      int threads,
      boolean isOnce) {
    this.database = database;
    this.timing = timing;
    this.configs = configs;
    this.stats = stats;
    this.log = log;
    this.threads = threads;
    this.isOnce = isOnce;
    this.work = new PgSignal(threads);
  }

  QueueConfig config() {
    return configs.get();
  }

  /** Operations that are executed as SQL; the built-in one is always among them. */
  List<String> sqlOperations() {
    Map<String, Kind> kinds = config().kinds();
    List<String> others =
        kinds.values().stream()
            .filter(each -> each.isSql() && !each.operation().equals(Entry.SQL))
            .map(Kind::operation)
            .toList();
    boolean isReplaced = kinds.containsKey(Entry.SQL) && !kinds.get(Entry.SQL).isSql();
    return isReplaced
        ? others
        : java.util.stream.Stream.concat(java.util.stream.Stream.of(Entry.SQL), others.stream())
            .toList();
  }

  List<Kind> handlerKinds() {
    return config().kinds().values().stream().filter(each -> !each.isSql()).toList();
  }

  RetryPolicy retry(String operation) {
    return config().kind(operation).map(Kind::retry).orElse(RetryPolicy.DEFAULT);
  }

  boolean isPaused(String operation) {
    return paused.contains("") || paused.contains(operation);
  }

  // ---- the end

  Inbox.Wish wish() {
    return wish;
  }

  synchronized void wish(Inbox.Wish next) {
    if (next.compareTo(wish) > 0) {
      if (next == Inbox.Wish.DRAIN) {
        drainLeft.set(config().drainEntries());
        drainUntilNanos = System.nanoTime() + config().drainTime().toNanos();
        log.info(
            "asked to end: at most "
                + Plural.of(drainLeft.get(), "more entry is begun", "more entries are begun"));
      }
      wish = next;
    }
    wakeAll();
    if (wish == Inbox.Wish.STOP) {
      stopped.complete(null);
    }
  }

  void wakeAll() {
    work.wakeAll();
    keeping.wakeAll();
  }

  /** How many of {@code wanted} may still be begun. */
  int mayBegin(int wanted) {
    return switch (wish) {
      case WORK -> wanted;
      case STOP -> 0;
      case DRAIN ->
          System.nanoTime() - drainUntilNanos > 0
              ? 0
              : Math.min(wanted, Math.max(0, drainLeft.get()));
    };
  }

  /** Of an entry that is delayed only because others have what it needs. */
  void putOff(long pauseMillis) {
    long until = System.nanoTime() + pauseMillis * 1_000_000;
    putOffUntilNanos.accumulateAndGet(until, (one, other) -> one - other > 0 ? one : other);
  }

  /**
   * Whether some were put off until later than a look for what is due, which has left those. Not
   * whether some are put off now: what becomes due behind that look is still {@code delayed}.
   */
  boolean hasPutOffBeyond(long dueLookNanos) {
    return putOffUntilNanos.get() - dueLookNanos > 0;
  }

  void begun(int count) {
    if (wish == Inbox.Wish.DRAIN) {
      drainLeft.addAndGet(-count);
    }
  }

  boolean isDrainTimeOver() {
    return wish == Inbox.Wish.DRAIN && System.nanoTime() - drainUntilNanos > 0;
  }

  // ---- trouble

  void trouble(Exception e) {
    if (stats.trouble.isEmpty()) {
      log.warn("trouble with the database, entries wait: " + e.getMessage());
    }
    stats.trouble = String.valueOf(e.getMessage());
  }

  /** So many troubles in turn end one that works once, or is to end. */
  boolean isHopeless(int failures) {
    return switch (wish) {
      case STOP -> true;
      case DRAIN -> failures > TROUBLES_LIMIT || isDrainTimeOver();
      case WORK -> isOnce && failures > TROUBLES_LIMIT;
    };
  }

  void troubleIsOver() {
    if (!stats.trouble.isEmpty()) {
      log.info("the database can be used again");
      stats.trouble = "";
    }
  }

  /** Grows with each failure in turn, with a random part, so that workers do not come together. */
  static long pauseMillis(int failures) {
    long most = Math.min(TROUBLE_LONGEST_MILLIS, TROUBLE_FIRST_MILLIS << Math.min(10, failures));
    return most / 2 + java.util.concurrent.ThreadLocalRandom.current().nextLong(most / 2 + 1);
  }

  /** For the heartbeat: what is at work now. */
  void countProcessing() {
    stats.processing = (long) handling + executing.get();
  }

  /** How long transactions of this worker may stand still. */
  Duration lease() {
    return timing.lease();
  }
}
