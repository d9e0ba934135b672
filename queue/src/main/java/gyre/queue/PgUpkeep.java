package gyre.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * What one of the workers does from time to time for all of them. Each step is a transaction, and
 * leaves to others what they are about to do.
 */
final class PgUpkeep {
  private static final int SLICE_ROWS = 5000;
  private static final int REPLAYS_LEAST = 3;
  private static final Duration FAILED_KEPT = Duration.ofDays(30);
  private static final long COUNT_LIMIT = 100_000;
  private static final String LOST = "the worker ended while it was executed";

  private static final String CLEANED =
      "INSERT INTO gyre_queue.upkeep (cleaned_at) VALUES (now()) ON CONFLICT (is_only)";

  private PgUpkeep() {}

  // ---- workers that are gone

  /**
   * Gives back what workers had that gave no sign of life for a lease. After a restart of the
   * server, or when it stood still, all signs are old: so whoever has just come back waits for a
   * lease before it judges, and who has no answer to its own signs does not judge at all.
   */
  static void takeOver(PgConnection open, PgShared shared) throws SQLException {
    if (!mayJudge(shared)) {
      return;
    }
    try (PreparedStatement dead =
        open.prepareStatement(
            "DELETE FROM gyre_queue.workers WHERE worker IN (SELECT worker FROM gyre_queue.workers"
                + " WHERE heartbeat_at < clock_timestamp() - ? * interval '1 millisecond'"
                + " AND worker <> ?"
                + " FOR UPDATE SKIP LOCKED) RETURNING worker, host, pid")) {
      dead.setLong(1, shared.lease().toMillis());
      dead.setLong(2, shared.worker);
      try (ResultSet rows = dead.executeQuery()) {
        while (rows.next()) {
          shared.log.warn(
              "worker "
                  + rows.getLong(1)
                  + " (process "
                  + rows.getLong(3)
                  + " on "
                  + rows.getString(2)
                  + ") gave no sign of life: what it had is tried again");
        }
      }
    }
    orphans(open, shared);
    open.commit();
  }

  static boolean mayJudge(PgShared shared) {
    long nowNanos = System.nanoTime();
    long leaseNanos = shared.lease().toNanos();
    return shared.isListening
        && nowNanos - shared.lastBeatNanos < leaseNanos / 2
        && nowNanos - shared.listeningSinceNanos > leaseNanos;
  }

  private static void orphans(PgConnection open, PgShared shared) throws SQLException {
    List<PgEntry> found = new ArrayList<>();
    try (Statement look = open.createStatement();
        ResultSet rows =
            look.executeQuery(
                PgClaims.READ
                    + " e WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM gyre_queue.workers w"
                    + " WHERE w.worker = e.worker) LIMIT 1000 FOR UPDATE SKIP LOCKED")) {
      while (rows.next()) {
        found.add(PgClaims.entry(rows, true));
      }
    }
    PgClaims claims = new PgClaims(open);
    for (PgEntry each : found) {
      // The attempt was counted when it was taken.
      RetryPolicy retry = shared.retry(each.operation());
      if (each.attempts() > Math.max(REPLAYS_LEAST, retry.retries())) {
        claims.giveUpInPlace(each, LOST + ", " + each.attempts() + " times");
        shared.stats.failed.incrementAndGet();
        shared.log.failure("entry " + each.id() + " is given up: " + LOST);
        if (!each.batchName().isEmpty()) {
          shared.batchesToLookAt.add(each.batchName());
        }
      } else {
        claims.pendInPlace(each);
      }
    }
    if (!found.isEmpty()) {
      notify(open, "");
    }
  }

  /** Of a worker that ends in order: an attempt that it broke off itself is none. */
  static void giveBack(PgConnection open, long worker) throws SQLException {
    open.rollback();
    try (PreparedStatement back =
        open.prepareStatement(
            "UPDATE gyre_queue.entries SET state = 'pending', worker = NULL,"
                + " attempts = attempts - 1 WHERE worker = ? AND state = 'running'")) {
      back.setLong(1, worker);
      if (back.executeUpdate() > 0) {
        notify(open, "");
      }
    }
    open.commit();
  }

  /** It has ended, and has nothing. */
  static void leave(PgConnection open, long worker) throws SQLException {
    try (PreparedStatement delete =
        open.prepareStatement("DELETE FROM gyre_queue.workers WHERE worker = ?")) {
      delete.setLong(1, worker);
      delete.executeUpdate();
    }
    open.commit();
  }

  static void notify(Connection open, String what) throws SQLException {
    try (PreparedStatement statement = open.prepareStatement("SELECT pg_notify(?, ?)")) {
      statement.setString(1, PgSchema.CHANNEL);
      statement.setString(2, what);
      statement.execute();
    }
  }

  // ---- recurring

  /**
   * The row says what was planned last, for all workers: so none plans it twice. It is planned by
   * the clock of the server, and anew where the text of the plan has changed, or where a clock that
   * was ahead has planned beyond what comes next but one.
   */
  static void recurring(PgConnection open, PgShared shared) throws SQLException {
    if (shared.config().recurring().isEmpty()) {
      return;
    }
    Instant now = now(open);
    for (QueueConfig.Recurring each : shared.config().recurring()) {
      Optional<Instant> next = each.cron().next(now);
      try {
        if (next.isPresent() && isNewPlan(open, each, next.get())) {
          String id = planId(each.name(), next.get());
          Job job = each.job().id(id).at(next.get());
          PgEnqueue.insert(open, job.text("unique_key").isEmpty() ? job.uniqueKey(id) : job);
        }
        open.commit();
      } catch (QueueException | DuplicateJobException e) {
        open.rollback();
        shared.log.warn("recurring " + each.name() + " is not enqueued: " + e.getMessage());
      }
    }
  }

  private static String planId(String name, Instant time) {
    return "recurring:" + name + ":" + time;
  }

  private static Instant now(PgConnection open) throws SQLException {
    try (Statement look = open.createStatement();
        ResultSet rows = look.executeQuery("SELECT clock_timestamp()")) {
      rows.next();
      return rows.getObject(1, OffsetDateTime.class).toInstant();
    }
  }

  private static boolean isNewPlan(PgConnection open, QueueConfig.Recurring one, Instant time)
      throws SQLException {
    String cron = one.cron().toString();
    Instant nextButOne = one.cron().next(time).orElse(time);
    try (PreparedStatement look =
        open.prepareStatement(
            "SELECT planned, cron FROM gyre_queue.recurring WHERE name = ? FOR UPDATE")) {
      look.setString(1, one.name());
      try (ResultSet rows = look.executeQuery()) {
        if (rows.next()) {
          Instant planned = rows.getObject(1, OffsetDateTime.class).toInstant();
          boolean isOther = !cron.equals(rows.getString(2));
          if (!isOther && !planned.isBefore(time) && !planned.isAfter(nextButOne)) {
            return false;
          }
          if (isOther || planned.isAfter(nextButOne)) {
            forgetPlan(open, planId(one.name(), planned));
          }
        }
      }
    }
    try (PreparedStatement plan =
        open.prepareStatement(
            "INSERT INTO gyre_queue.recurring (name, planned, cron) VALUES (?, ?, ?)"
                + " ON CONFLICT (name)"
                + " DO UPDATE SET planned = excluded.planned, cron = excluded.cron")) {
      plan.setString(1, one.name());
      plan.setObject(2, time.atOffset(ZoneOffset.UTC));
      plan.setString(3, cron);
      return plan.executeUpdate() == 1;
    }
  }

  private static void forgetPlan(PgConnection open, String id) throws SQLException {
    try (PreparedStatement forget =
        open.prepareStatement(
            "DELETE FROM gyre_queue.entries WHERE id = ? AND state = 'delayed'"
                + " AND attempts = 0")) {
      forget.setString(1, id);
      forget.executeUpdate();
    }
  }

  // ---- what is old

  /**
   * Whether the clock of the server is believed, see {@link ClockSteps}. When what is old was
   * deleted last is a row, for all workers.
   *
   * @param known what this worker knows of that clock; null at its first look
   */
  static ClockSteps lookAtClock(PgConnection open, @Nullable ClockSteps known, WorkerLog log)
      throws SQLException {
    long steadyMillis = PendingIndex.steadyMillis();
    long nowMillis = now(open).toEpochMilli();
    if (known == null) {
      ClockSteps first = new ClockSteps(nowMillis, steadyMillis, lastCleanUp(open));
      open.commit();
      return first;
    }
    long step = known.look(nowMillis, steadyMillis);
    if (step != 0) {
      log.warn(
          "the clock of the database was set by "
              + step / 1000
              + " s: nothing is deleted for its age for "
              + ClockSteps.DOUBT_MILLIS / 60_000
              + " minutes");
    }
    return known;
  }

  private static OptionalLong lastCleanUp(PgConnection open) throws SQLException {
    try (Statement look = open.createStatement()) {
      try (ResultSet rows = look.executeQuery("SELECT cleaned_at FROM gyre_queue.upkeep")) {
        if (rows.next()) {
          return OptionalLong.of(
              rows.getObject(1, OffsetDateTime.class).toInstant().toEpochMilli());
        }
      }
      look.execute(CLEANED + " DO NOTHING"); // the next start has something to compare with
      return OptionalLong.empty();
    }
  }

  /** A slice, so that it never stands in the way for long; true if there may be more. */
  static boolean cleanUp(PgConnection open, QueueConfig config) throws SQLException {
    boolean hasMore =
        delete(
            open,
            "DELETE FROM gyre_queue.ledger WHERE id IN (SELECT id FROM gyre_queue.ledger"
                + " WHERE done_at < now() - ? * interval '1 second' LIMIT "
                + SLICE_ROWS
                + ")",
            config.ledgerKept());
    hasMore |=
        delete(
            open,
            "DELETE FROM gyre_queue.entries WHERE seq IN (SELECT seq FROM gyre_queue.entries"
                + " WHERE state = 'failed' AND changed_at < now() - ? * interval '1 second' LIMIT "
                + SLICE_ROWS
                + ")",
            FAILED_KEPT);
    // Of batches that nobody opens, or that have ended.
    hasMore |=
        delete(
            open,
            "DELETE FROM gyre_queue.batch_ends WHERE (batch, seq) IN (SELECT batch, seq"
                + " FROM gyre_queue.batch_ends e WHERE ended_at < now() - ? * interval '1 second'"
                + " AND NOT EXISTS (SELECT 1 FROM gyre_queue.batches b WHERE b.batch = e.batch)"
                + " LIMIT "
                + SLICE_ROWS
                + ")",
            config.ledgerKept());
    PgBatch.run(open, CLEANED + " DO UPDATE SET cleaned_at = now()");
    open.commit();
    return hasMore;
  }

  private static boolean delete(PgConnection open, String sql, Duration kept) throws SQLException {
    int count;
    try (PreparedStatement delete = open.prepareStatement(sql)) {
      delete.setLong(1, kept.toSeconds());
      count = delete.executeUpdate();
    }
    open.commit();
    return count == SLICE_ROWS;
  }

  /** Those of which all have ended, in case that nobody was told. */
  static List<String> endedBatches(PgConnection open) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement look = open.createStatement();
        ResultSet rows =
            look.executeQuery(
                "SELECT batch FROM gyre_queue.batches b WHERE size <= (SELECT count(*)"
                    + " FROM gyre_queue.batch_ends e WHERE e.batch = b.batch) LIMIT 1000")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  /** How many are pending; not counted beyond a limit. */
  static long waiting(PgConnection open) throws SQLException {
    try (Statement look = open.createStatement();
        ResultSet rows =
            look.executeQuery(
                "SELECT count(*) FROM (SELECT 1 FROM gyre_queue.entries WHERE state = 'pending'"
                    + " LIMIT "
                    + COUNT_LIMIT
                    + ") AS first")) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }
}
