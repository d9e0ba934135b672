package gyre.queue;

import gyre.insight.text.Plural;
import gyre.sync.TokenBucket;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Entries that are no SQL: taken in one transaction, executed by fibers of the loop without one,
 * and settled in another. In between the row is {@code running} and names its worker. An attempt is
 * counted when it is taken, so that one that ends its worker ends in {@code failed}, too.
 *
 * <p>Used by the keeper's thread.
 */
final class PgHandlers {
  private static final long TWIN_MILLIS = 100;
  private static final int RACES_LIMIT = 5;
  private static final String UNIQUE_VIOLATION = "23505";

  /**
   * A worker that was declared dead has no row, and gets nothing: others would at once have it too.
   * One of an id that runs, a twin, waits: what becomes of the other decides about it. It waits the
   * longer the longer that one runs; and with it wait all others of its id among the first: one by
   * one they would come back faster than they are put off, and hold up what is behind them.
   */
  private static final String TAKE =
      """
      WITH alive AS MATERIALIZED (
        SELECT worker FROM gyre_queue.workers WHERE worker = ? FOR KEY SHARE),
      claimed AS MATERIALIZED (
        SELECT seq, id, priority, changed_at FROM gyre_queue.entries
        WHERE state = 'pending' AND operation = ? AND priority >= ?
          AND EXISTS (SELECT 1 FROM alive)
        ORDER BY priority, seq LIMIT ? FOR UPDATE SKIP LOCKED),
      fit AS MATERIALIZED (
        SELECT DISTINCT ON (c.id) c.seq FROM claimed c
        WHERE NOT EXISTS (SELECT 1 FROM gyre_queue.entries r
          WHERE r.state = 'running' AND r.id = c.id)
        ORDER BY c.id, c.priority, c.seq),
      began AS (
        UPDATE gyre_queue.entries e
        SET state = 'running', worker = ?, attempts = e.attempts + 1, changed_at = now()
        FROM fit f WHERE e.seq = f.seq RETURNING e.*),
      unfit AS MATERIALIZED (
        SELECT seq, id FROM claimed WHERE seq NOT IN (SELECT seq FROM fit)),
      head AS MATERIALIZED (
        SELECT seq, id FROM gyre_queue.entries
        WHERE state = 'pending' AND operation = ? AND EXISTS (SELECT 1 FROM unfit)
        ORDER BY priority, seq LIMIT 1000 FOR UPDATE SKIP LOCKED),
      twins AS (
        UPDATE gyre_queue.entries e
        SET state = 'delayed', due_at = now() + least(interval '5 seconds', greatest(
          interval '100 milliseconds', (now() - (SELECT r.changed_at FROM gyre_queue.entries r
            WHERE r.state = 'running' AND r.id = e.id)) / 4))
        FROM (SELECT seq FROM unfit UNION
          SELECT h.seq FROM head h WHERE h.id IN (SELECT id FROM unfit)
            AND h.seq NOT IN (SELECT seq FROM fit)) t
        WHERE e.seq = t.seq RETURNING e.due_at)
      SELECT b.seq, b.id, b.operation, b.priority, b.content, b.unique_key, b.batch,
        b.attempts - 1 AS attempts,
        NOT EXISTS (SELECT 1 FROM gyre_queue.ledger l WHERE l.id = b.id) AS is_new,
        extract(epoch FROM clock_timestamp() - c.changed_at)::float8 AS waited,
        (SELECT count(*) FROM twins) AS twins,
        (SELECT ceil(extract(epoch FROM max(due_at) - now()) * 1000)::bigint FROM twins)
          AS twins_due_millis
      FROM (SELECT 1) AS one LEFT JOIN began b ON true LEFT JOIN claimed c ON c.seq = b.seq
      ORDER BY b.priority, b.seq
      """;

  /** What a handler has come to. */
  record Finished(PgEntry row, long worker, Kind kind, Outcome outcome) {}

  /** An attempt that this worker has begun and not settled. */
  private record Attempt(long seq, int number) {
    static Attempt of(PgEntry row) {
      return new Attempt(row.seq(), row.attempts() + 1);
    }
  }

  /** What one journey to the server has brought, committed. */
  private record Claimed(long worker, List<PgEntry> rows, int twins, long twinsDueMillis) {}

  /** Of one kind: how many run, and how many may begin in a second. */
  private static final class Lane {
    int running;

    /** As of the last look. */
    Hanging hanging = Hanging.NONE;

    final PgAgeing ageing = new PgAgeing();
    TokenBucket bucket = TokenBucket.create(1, 1, System.nanoTime());
    long rate;

    void use(Kind kind) {
      long perSecond = Math.max(1, kind.ratePerSecond());
      if (kind.ratePerSecond() != rate) {
        rate = kind.ratePerSecond();
        bucket = TokenBucket.create(perSecond, perSecond, System.nanoTime());
      }
    }

    long pauseMillis() {
      long nanos = rate == 0 ? 0 : bucket.nanosUntil(1, System.nanoTime());
      return nanos <= 0 ? 0 : nanos / 1_000_000 + 1;
    }
  }

  private final PgShared shared;
  private final HandlerFibers fibers;
  private final Map<String, Lane> lanes = new HashMap<>();
  private final ConcurrentLinkedQueue<Finished> finished = new ConcurrentLinkedQueue<>();
  private final Set<Attempt> held = new HashSet<>();
  private boolean foundNothing;

  /** Until a limit of rate allows what may be waiting. */
  private long pauseMillis = Long.MAX_VALUE;

  PgHandlers(PgShared shared, HandlerFibers fibers) {
    this.shared = shared;
    this.fibers = fibers;
  }

  int running() {
    return held.size();
  }

  boolean isIdle() {
    return held.isEmpty();
  }

  /** Whether all places of a kind are taken by calls that were given up. */
  boolean isStuck(Kind kind) {
    Lane lane = lanes.get(kind.operation());
    return lane != null && lane.hanging.isStuck(kind.concurrency(), System.nanoTime());
  }

  /** Until the first kind counts as stuck, where all its calls hang. */
  long stuckInMillis() {
    long until = Long.MAX_VALUE;
    for (Kind kind : shared.handlerKinds()) {
      Lane lane = lanes.get(kind.operation());
      Hanging hanging = lane == null ? Hanging.NONE : lane.hanging;
      long millis = hanging.waitMillis(kind.concurrency(), System.nanoTime());
      until = millis == 0 ? until : Math.min(until, millis);
    }
    return until;
  }

  boolean foundNothing() {
    return foundNothing;
  }

  long pauseMillis() {
    return pauseMillis;
  }

  // ---- taking

  /** Starts what the limits of its kind allow; false if that is nothing. */
  boolean take(PgConnection open) throws SQLException {
    pauseMillis = Long.MAX_VALUE;
    int began = 0;
    for (Kind kind : shared.handlerKinds()) {
      if (!shared.isPaused(kind.operation()) && shared.worker != 0) {
        began += take(open, kind);
      }
    }
    foundNothing = began == 0;
    return began > 0;
  }

  private int take(PgConnection open, Kind kind) throws SQLException {
    Lane lane = lanes.computeIfAbsent(kind.operation(), each -> new Lane());
    lane.use(kind);
    lookForHanging(kind, lane);
    if (lane.pauseMillis() > 0) {
      pauseMillis = Math.min(pauseMillis, lane.pauseMillis());
      return 0;
    }
    int room = kind.concurrency() - lane.running - lane.hanging.calls();
    int most = shared.mayBegin(kind.ratePerSecond() > 0 ? Math.min(1, room) : room);
    if (most <= 0) {
      return 0;
    }
    int agedPlaces = lane.ageing.places(most);
    int did = 0;
    if (agedPlaces > 0) {
      did = begin(open, kind, lane, lane.ageing.fromPriority(), agedPlaces);
    }
    if (did < most) {
      did += begin(open, kind, lane, EntryName.FIRST_PRIORITY, most - did);
    }
    return did;
  }

  private void lookForHanging(Kind kind, Lane lane) {
    Hanging hanging = fibers.hanging(kind.operation());
    if (hanging.calls() > lane.hanging.calls()) {
      shared.log.failure(HandlerThreads.hangingWarning(kind.operation(), hanging.calls()));
    }
    lane.hanging = hanging;
  }

  /**
   * Each claim is begun before the next one is made, which may fail: what is committed is at work.
   * Returns how many were begun or, as twins, put off: behind those there may be others.
   */
  private int begin(PgConnection open, Kind kind, Lane lane, int fromPriority, int most)
      throws SQLException {
    Claimed claimed = claim(open, kind, fromPriority, most);
    shared.begun(claimed.rows().size());
    for (PgEntry each : claimed.rows()) {
      if (kind.ratePerSecond() > 0) {
        lane.bucket.tryTake(1, System.nanoTime());
      }
      start(each, claimed.worker(), kind);
      held.add(Attempt.of(each));
      lane.running++;
    }
    if (claimed.twins() > 0) {
      shared.putOff(claimed.twinsDueMillis());
      pauseMillis = Math.min(pauseMillis, TWIN_MILLIS);
    }
    return claimed.rows().size() + claimed.twins();
  }

  private Claimed claim(PgConnection open, Kind kind, int fromPriority, int most)
      throws SQLException {
    for (int i = 1; ; i++) {
      try {
        Claimed claimed = claimOnce(open, kind, fromPriority, most);
        open.commit();
        return claimed;
      } catch (SQLException e) {
        // Another worker has begun one of an id at the same moment; now it is seen.
        if (!PgErrors.state(e).equals(UNIQUE_VIOLATION) || i == RACES_LIMIT) {
          throw e;
        }
        open.rollback();
      }
    }
  }

  private Claimed claimOnce(PgConnection open, Kind kind, int fromPriority, int most)
      throws SQLException {
    long worker = shared.worker; // the listener may get another number meanwhile
    try (PreparedStatement statement = open.prepareStatement(TAKE)) {
      statement.setLong(1, worker);
      statement.setString(2, kind.operation());
      statement.setInt(3, fromPriority);
      statement.setInt(4, most);
      statement.setLong(5, worker);
      statement.setString(6, kind.operation());
      List<PgEntry> rows = new ArrayList<>();
      int twins = 0;
      long twinsDueMillis = 0;
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          twins = found.getInt("twins");
          twinsDueMillis = found.getLong("twins_due_millis");
          if (found.getString("id") != null) {
            rows.add(PgClaims.entry(found, found.getBoolean("is_new")));
          }
        }
      }
      return new Claimed(worker, rows, twins, twinsDueMillis);
    }
  }

  /**
   * Rows that are this worker's, and that it does not have: of a commit of which the answer was
   * lost, or that it could not begin. No attempt was made, and nobody else would take them while
   * this worker lives.
   */
  void giveBackWhatNobodyHas(PgConnection open) throws SQLException {
    try (PreparedStatement back =
        open.prepareStatement(
            "UPDATE gyre_queue.entries SET state = 'pending', worker = NULL,"
                + " attempts = attempts - 1 WHERE worker = ? AND state = 'running'"
                + " AND (seq, attempts) NOT IN"
                + " (SELECT * FROM unnest(?::bigint[], ?::integer[]))")) {
      back.setLong(1, shared.worker);
      back.setArray(2, open.createArrayOf("bigint", held.stream().map(Attempt::seq).toArray()));
      back.setArray(3, open.createArrayOf("integer", held.stream().map(Attempt::number).toArray()));
      int count = back.executeUpdate();
      if (count > 0) {
        PgUpkeep.notify(open, "");
        shared.log.failure(
            Plural.of(
                count,
                "entry was taken and not begun, and is given back",
                "entries were taken and not begun, and are given back"));
      }
    }
    open.commit();
  }

  private void start(PgEntry row, long worker, Kind kind) {
    if (!row.isNew()) {
      ended(new Finished(row, worker, kind, new Outcome.Duplicate()));
      return;
    }
    Entry entry;
    try {
      entry = row.entry();
    } catch (BadEntryException e) {
      Outcome bad = new Outcome.Failed(String.valueOf(e.getMessage()), true);
      ended(new Finished(row, worker, kind, bad));
      return;
    }
    fibers.start(
        entry,
        kind,
        row.attempts() + 1,
        outcome -> ended(new Finished(row, worker, kind, outcome)));
  }

  /** Any thread. */
  private void ended(Finished one) {
    finished.add(one); // bounded by the concurrency of all kinds
    shared.keeping.wakeOne();
  }

  // ---- settling

  /** Writes down what handlers have ended; false if that is nothing. */
  boolean settle(PgConnection open) throws SQLException {
    boolean didSomething = false;
    for (Finished each = finished.peek(); each != null; each = finished.peek()) {
      settleOrGiveUp(open, each);
      finished.remove(); // not before: where the database is in trouble it is settled later
      Lane lane = lanes.get(each.kind().operation());
      if (lane != null) {
        lane.running--;
      }
      held.remove(Attempt.of(each.row()));
      didSomething = true;
    }
    return didSomething;
  }

  /** What can't be written must not hold up what is behind it. */
  private void settleOrGiveUp(PgConnection open, Finished one) throws SQLException {
    String error;
    try {
      settle(open, one);
      return;
    } catch (SQLException e) {
      if (!PgErrors.isOfData(e)) {
        throw e;
      }
      error = PgErrors.explain(e);
    } catch (RuntimeException e) {
      error = e.toString();
    }
    open.rollback();
    PgEntry row = one.row();
    if (isOurs(open, one)) {
      error = "what came of it can't be written down: " + error;
      new PgClaims(open).giveUpAlone(row, error);
      open.commit();
      shared.stats.failed.incrementAndGet();
      shared.log.failure("entry " + row.id() + " is given up: " + error);
    }
    open.rollback();
  }

  private void settle(PgConnection open, Finished one) throws SQLException {
    PgEntry row = one.row();
    shared.stats.lastEventMillis = System.currentTimeMillis();
    if (!isOurs(open, one)) {
      open.rollback();
      shared.log.failure(
          "entry " + row.id() + " was taken over by another worker, which settles it");
      return;
    }
    PgClaims claims = new PgClaims(open);
    boolean isGivenUp = false;
    if (one.outcome() instanceof Outcome.Failed failed) {
      isGivenUp = claims.failedInPlace(row, failed, one.kind().retry());
    } else {
      Object result = one.outcome() instanceof Outcome.Done(Object value) ? value : null;
      delete(open, row, PgClaims.isWanted(row) ? result : null);
      claims.ended(row);
      claims.flush();
    }
    open.commit();
    tell(row, one.outcome(), isGivenUp);
  }

  private static boolean isOurs(PgConnection open, Finished one) throws SQLException {
    try (PreparedStatement look =
        open.prepareStatement(
            "SELECT 1 FROM gyre_queue.entries WHERE seq = ? AND worker = ?"
                + " AND state = 'running' AND attempts = ? FOR UPDATE")) {
      look.setLong(1, one.row().seq());
      look.setLong(2, one.worker());
      look.setInt(3, one.row().attempts() + 1);
      try (ResultSet rows = look.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void delete(PgConnection open, PgEntry row, @Nullable Object result)
      throws SQLException {
    try (PreparedStatement note =
            open.prepareStatement(
                "INSERT INTO gyre_queue.ledger (id, seq, operation, priority, content, result)"
                    + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING");
        PreparedStatement delete =
            open.prepareStatement("DELETE FROM gyre_queue.entries WHERE seq = ?")) {
      note.setString(1, row.id());
      note.setLong(2, row.seq());
      note.setString(3, row.operation());
      note.setInt(4, row.priority());
      note.setString(5, row.content());
      note.setString(6, result == null ? null : PgClaims.clean(Json.write(result)));
      note.executeUpdate();
      delete.setLong(1, row.seq());
      delete.executeUpdate();
    }
  }

  private void tell(PgEntry row, Outcome outcome, boolean isGivenUp) {
    if (!row.batchName().isEmpty() && (isGivenUp || !(outcome instanceof Outcome.Failed))) {
      shared.batchesToLookAt.add(row.batchName());
    }
    switch (outcome) {
      case Outcome.Done done -> {
        shared.stats.processed.incrementAndGet();
        shared.stats.latency.record(row.age().toNanos());
      }
      case Outcome.Duplicate duplicate -> {
        shared.stats.duplicates.incrementAndGet();
        shared.log.failure("entry " + row.id() + " was done before, and is not done again");
      }
      case Outcome.Failed failed -> {
        (isGivenUp ? shared.stats.failed : shared.stats.retried).incrementAndGet();
        shared.log.failure(
            "entry "
                + row.id()
                + (isGivenUp ? " is given up: " : " failed, attempt " + (row.attempts() + 1) + ": ")
                + failed.error());
      }
    }
  }
}
