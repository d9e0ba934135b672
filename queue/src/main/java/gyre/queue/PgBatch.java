package gyre.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Executes rows that were taken in the transaction that is open, and commits it. After a while it
 * puts back what it has not begun: others may have it, and nobody waits for the whole.
 */
final class PgBatch {
  private static final long BATCH_NANOS = 1_000_000_000;

  private final PgShared shared;
  private final PgConnection open;
  private final PgClaims claims;
  private final PgSql sql;
  private final boolean isTogether;
  private final Duration statementTime;
  private final Map<String, Outcome> byId = new HashMap<>();
  private final PgTally tally;
  private boolean leavesTraces;

  /**
   * @param isTogether without savepoints: whatever fails ends the transaction
   */
  PgBatch(
      PgShared shared,
      PgConnection open,
      PgClaims claims,
      PgPace pace,
      boolean isTogether,
      Duration statementTime) {
    this.shared = shared;
    this.open = open;
    this.claims = claims;
    this.sql = new PgSql(open, pace);
    this.isTogether = isTogether;
    this.statementTime = statementTime;
    this.tally = new PgTally(shared);
  }

  /** Whether the session may look different now, whatever has become of the transaction. */
  boolean leavesTraces() {
    return leavesTraces;
  }

  void execute(List<PgEntry> batch) throws SQLException {
    long untilNanos = System.nanoTime() + BATCH_NANOS;
    try {
      for (int i = 0; i < batch.size(); i++) {
        boolean isOver = shared.wish() == Inbox.Wish.STOP || System.nanoTime() - untilNanos > 0;
        if (i > 0 && isOver) {
          putBack(batch.subList(i, batch.size()));
          break;
        }
        each(batch.get(i), batch.size() == 1);
      }
      sql.flush();
      claims.flush();
      open.commit();
    } finally {
      sql.clear();
      claims.clear();
    }
    tally.tell();
  }

  private void putBack(List<PgEntry> rest) throws SQLException {
    for (PgEntry each : rest) {
      claims.putBack(each);
    }
    shared.begun(-rest.size());
    tally.putBack = rest.size();
  }

  private void each(PgEntry row, boolean isAlone) throws SQLException {
    Entry entry;
    PgScript.Script script;
    try {
      entry = row.entry();
      script = PgScript.read(entry.sql());
    } catch (BadEntryException e) {
      Outcome failed = new Outcome.Failed(String.valueOf(e.getMessage()), true);
      byId.put(row.id(), failed); // for one of the same id behind it, which was not done
      settle(row, failed);
      return;
    }
    if (!row.isNew()) {
      duplicate(row);
      return;
    }
    if (script.leavesTraces() && !isAlone) {
      throw new AloneException(); // it must not change the session for those behind it
    }
    leavesTraces |= script.leavesTraces();
    Outcome outcome = one(row, entry, script);
    if (outcome == null) {
      byId.put(row.id(), new Outcome.Failed("delayed", false));
    } else {
      byId.put(row.id(), outcome);
      settle(row, outcome);
    }
  }

  /** Null if others had what it wanted: then it is delayed. */
  private @Nullable Outcome one(PgEntry row, Entry entry, PgScript.Script script)
      throws SQLException {
    long deadlineNanos = System.nanoTime() + statementTime.toNanos();
    try {
      if (isTogether) {
        if (PgSql.canJoin(entry, script)) {
          sql.add(entry, script);
          return new Outcome.Done(null);
        }
        sql.flush();
        return new Outcome.Done(sql.run(entry, script, deadlineNanos));
      }
      return inSavepoint(row, entry, script, deadlineNanos);
    } catch (BadEntryException e) {
      if (isTogether) {
        throw new AloneException(); // some of it may be executed
      }
      return new Outcome.Failed(String.valueOf(e.getMessage()), true);
    }
  }

  private @Nullable Outcome inSavepoint(
      PgEntry row, Entry entry, PgScript.Script script, long deadlineNanos) throws SQLException {
    claims.flush();
    run(open, "SAVEPOINT entry");
    try {
      Object result = sql.run(entry, script, deadlineNanos);
      run(open, "RELEASE SAVEPOINT entry");
      return new Outcome.Done(result);
    } catch (BadEntryException e) {
      run(open, "ROLLBACK TO SAVEPOINT entry");
      return new Outcome.Failed(String.valueOf(e.getMessage()), true);
    } catch (SQLException e) {
      if (PgErrors.isTrouble(e) || shared.wish() == Inbox.Wish.STOP) {
        throw e;
      }
      run(open, "ROLLBACK TO SAVEPOINT entry");
      return delayed(row, e) ? null : new Outcome.Failed(PgErrors.explain(e), false);
    }
  }

  private boolean delayed(PgEntry row, SQLException e) throws SQLException {
    OptionalLong pauseMillis =
        PgErrors.isBusy(e) ? shared.busy.pauseMillis(row.seq()) : OptionalLong.empty();
    if (pauseMillis.isPresent()) {
      claims.delay(row, pauseMillis.getAsLong());
      shared.putOff(pauseMillis.getAsLong());
      tally.delayed++;
    }
    return pauseMillis.isPresent();
  }

  static void run(Connection open, String sql) throws SQLException {
    try (Statement statement = open.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The batch is to be executed entry by entry. No failure of the database. */
  private static final class AloneException extends SQLException {
    private static final long serialVersionUID = 1L;

    AloneException() {
      super("one entry must be executed alone", "0A000");
    }
  }

  // ---- settling, in the same transaction

  private void settle(PgEntry row, Outcome outcome) throws SQLException {
    switch (outcome) {
      case Outcome.Done(Object result) -> {
        claims.done(row, result);
        tally.done(row);
      }
      case Outcome.Duplicate() -> {
        tally.duplicates.add(row.id());
        claims.ended(row);
        tally.ended(row);
      }
      case Outcome.Failed failed -> {
        boolean isGivenUp = claims.failed(row, failed, shared.retry(row.operation()));
        tally.failed(row, failed, isGivenUp);
      }
    }
  }

  /** One with the id of another in the same batch depends on what became of that. */
  private void duplicate(PgEntry row) throws SQLException {
    if (byId.get(row.id()) instanceof Outcome.Failed) {
      claims.putBack(row);
    } else {
      settle(row, new Outcome.Duplicate());
    }
  }
}
