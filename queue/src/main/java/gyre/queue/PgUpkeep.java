package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  private PgUpkeep() {}

  // ---- workers that are gone

  /**
   * Gives back what workers had that gave no sign of life for a lease. After a restart of the
   * server all signs are old: so whoever has just come back waits for a lease before it judges.
   */
  static void takeOver(PgConnection open, PgShared shared) throws SQLException {
    boolean mayJudge =
        shared.isListening
            && System.nanoTime() - shared.listeningSinceNanos > shared.lease().toNanos();
    if (!mayJudge) {
      return;
    }
    try (PreparedStatement dead =
        open.prepareStatement(
            "DELETE FROM gyre_queue.workers WHERE worker IN (SELECT worker FROM gyre_queue.workers"
                + " WHERE heartbeat_at < now() - ? * interval '1 millisecond' AND worker <> ?"
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
                    + " attempts = attempts - 1 WHERE worker = ? AND state = 'running'");
        PreparedStatement delete =
            open.prepareStatement("DELETE FROM gyre_queue.workers WHERE worker = ?")) {
      back.setLong(1, worker);
      if (back.executeUpdate() > 0) {
        notify(open, "");
      }
      delete.setLong(1, worker);
      delete.executeUpdate();
    }
    open.commit();
  }

  static void notify(PgConnection open, String what) throws SQLException {
    try (PreparedStatement statement = open.prepareStatement("SELECT pg_notify(?, ?)")) {
      statement.setString(1, PgSchema.CHANNEL);
      statement.setString(2, what);
      statement.execute();
    }
  }

  // ---- recurring

  /** The row says what was planned last, for all workers: so none plans it twice. */
  static void recurring(PgConnection open, PgShared shared) throws SQLException {
    for (QueueConfig.Recurring each : shared.config().recurring()) {
      Optional<Instant> next = each.cron().next(Instant.now());
      if (next.isPresent() && isNewPlan(open, each.name(), next.get())) {
        String id = "recurring:" + each.name() + ":" + next.get();
        PgEnqueue.insert(open, each.job().id(id).at(next.get()));
      }
      open.commit();
    }
  }

  private static boolean isNewPlan(PgConnection open, String name, Instant time)
      throws SQLException {
    try (PreparedStatement plan =
        open.prepareStatement(
            "INSERT INTO gyre_queue.recurring AS r VALUES (?, ?) ON CONFLICT (name)"
                + " DO UPDATE SET planned = excluded.planned WHERE r.planned < excluded.planned")) {
      plan.setString(1, name);
      plan.setObject(2, time.atOffset(ZoneOffset.UTC));
      return plan.executeUpdate() == 1;
    }
  }

  // ---- what is old

  /** In slices, so that it never stands in the way for long. */
  static void cleanUp(PgConnection open, QueueConfig config) throws SQLException {
    delete(
        open,
        "DELETE FROM gyre_queue.ledger WHERE id IN (SELECT id FROM gyre_queue.ledger"
            + " WHERE done_at < now() - ? * interval '1 second' LIMIT "
            + SLICE_ROWS
            + ")",
        config.ledgerKept());
    delete(
        open,
        "DELETE FROM gyre_queue.entries WHERE seq IN (SELECT seq FROM gyre_queue.entries"
            + " WHERE state = 'failed' AND changed_at < now() - ? * interval '1 second' LIMIT "
            + SLICE_ROWS
            + ")",
        FAILED_KEPT);
  }

  private static void delete(PgConnection open, String sql, Duration kept) throws SQLException {
    try (PreparedStatement delete = open.prepareStatement(sql)) {
      delete.setLong(1, kept.toSeconds());
      delete.executeUpdate();
    }
    open.commit();
  }

  static List<String> openBatches(PgConnection open) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement look = open.createStatement();
        ResultSet rows = look.executeQuery("SELECT batch FROM gyre_queue.batches LIMIT 1000")) {
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
