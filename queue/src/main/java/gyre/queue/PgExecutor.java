package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * A thread that executes entries of SQL, with a connection of its own. What it claims, what the
 * entries do and the ledger are one transaction: so whatever ends, this thread, its process or the
 * server, an entry is either done or still pending, at once and for everybody.
 *
 * <p>It hopes for the best first: a batch without savepoints, writes sent in one go. If something
 * fails the transaction is rolled back and made again with a savepoint for each entry, and if even
 * that fails, entry by entry, so that there is one to blame.
 */
final class PgExecutor implements Runnable {
  /** Of so many claims one begins at another priority than the first: see {@link #take}. */
  private static final int AGEING_PERIOD = 64;

  /** A restart of the server hits whatever is under way: one proves nothing. */
  private static final int REPLAYS_LEAST = 3;

  private enum Care {
    TOGETHER,
    SAVEPOINTS,
    ALONE
  }

  private final PgShared shared;
  private final int number;
  private @Nullable PgConnection connection;
  private @Nullable PgClaims claims;
  private Care care = Care.TOGETHER;
  private int carefulRounds;
  private long sinceAgeing;
  private int ageingPriority = EntryName.FIRST_PRIORITY;

  /** What was executed alone when the connection was lost; 0 for nothing. */
  private long suspect;

  private Duration statementTime = Duration.ZERO;

  PgExecutor(PgShared shared, int number) {
    this.shared = shared;
    this.number = number;
  }

  @Override
  public void run() {
    int failures = 0;
    try {
      while (shared.wish() != Inbox.Wish.STOP) {
        try {
          boolean didSomething = round();
          failures = 0;
          if (!didSomething && !waitForMore()) {
            return;
          }
        } catch (SQLException | EngineTroubleException e) {
          close();
          shared.trouble(e);
          if (shared.isOnce || shared.wish() != Inbox.Wish.WORK) {
            throw e instanceof EngineTroubleException known
                ? known
                : PgErrors.trouble("execute entries in", shared.database, (SQLException) e);
          }
          Thread.sleep(PgShared.pauseMillis(failures++));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  /** False if this thread is to end. */
  private boolean waitForMore() throws InterruptedException {
    if (shared.wish() == Inbox.Wish.DRAIN) {
      return false;
    }
    shared.idle.incrementAndGet();
    shared.keeping.wakeOne(); // where it works once, that one decides when all is done
    shared.work.await(shared.timing.poll().toMillis());
    shared.idle.decrementAndGet();
    return true;
  }

  // ---- one round

  /** False if there was nothing to do. */
  boolean round() throws SQLException {
    shared.stats.iterations.incrementAndGet();
    PgConnection open = ready();
    if (suspect != 0) {
      blame(suspect, "the connection was lost while it was executed");
      suspect = 0;
    }
    boolean didSomething = false;
    for (String operation : shared.sqlOperations()) {
      if (!shared.isPaused(operation)) {
        didSomething |= round(open, operation);
      }
    }
    shared.troubleIsOver();
    return didSomething;
  }

  private PgConnection ready() throws SQLException {
    PgConnection open = connection;
    if (open != null && statementTime.equals(shared.config().sqlTimeout())) {
      return open;
    }
    close();
    statementTime = shared.config().sqlTimeout();
    open = shared.database.open("gyre queue executor " + number, statementTime, shared.lease());
    connection = open;
    PgSchema.create(open);
    open.setAutoCommit(false);
    claims = new PgClaims(open);
    return open;
  }

  private PgClaims claims() {
    PgClaims ready = claims;
    if (ready == null) {
      throw new IllegalStateException("used before the connection is open");
    }
    return ready;
  }

  private boolean round(PgConnection open, String operation) throws SQLException {
    int most = shared.mayBegin(care == Care.ALONE ? 1 : shared.config().batch());
    if (most == 0) {
      return false;
    }
    List<PgEntry> batch = new ArrayList<>();
    try {
      take(operation, most, batch);
      if (batch.isEmpty()) {
        open.rollback();
        return false;
      }
      shared.begun(batch.size());
      if (batch.size() == most && most > 1) {
        shared.work.wakeOne(); // there may be more, for another thread
      }
      boolean leavesTraces = execute(open, batch);
      if (leavesTraces) {
        discard(open);
      }
      shared.stats.lastEventMillis = System.currentTimeMillis();
    } catch (SQLException e) {
      failed(open, batch, e);
      return true;
    }
    calmDown();
    return true;
  }

  /**
   * Strictly by priority the last ones would starve while the first are busy. So of {@value
   * #AGEING_PERIOD} entries one place is given away by turns: to the first that has priority 2 or
   * less, then 3 or less, and so on to 10. The head of each level is served within 9 × 64 others.
   */
  private void take(String operation, int most, List<PgEntry> batch) throws SQLException {
    sinceAgeing += most;
    int agedPlaces = (int) (sinceAgeing / AGEING_PERIOD);
    sinceAgeing %= AGEING_PERIOD;
    if (agedPlaces > 0) {
      ageingPriority =
          ageingPriority == EntryName.LAST_PRIORITY
              ? EntryName.FIRST_PRIORITY + 1
              : ageingPriority + 1;
      batch.addAll(claims().take(operation, ageingPriority, agedPlaces));
    }
    if (batch.size() < most) {
      batch.addAll(claims().take(operation, EntryName.FIRST_PRIORITY, most - batch.size()));
    }
  }

  /** After a failure: more careful, for as many entries as were affected. */
  private void failed(PgConnection open, List<PgEntry> batch, SQLException e) throws SQLException {
    boolean wasAlone = batch.size() == 1 && care != Care.TOGETHER;
    boolean isTrouble = PgErrors.isTrouble(e);
    care = care == Care.TOGETHER && !isTrouble ? Care.SAVEPOINTS : Care.ALONE;
    carefulRounds = care == Care.ALONE ? Math.max(1, batch.size()) : 1;
    if (wasAlone) {
      suspect = batch.getFirst().seq();
    }
    open.rollback(); // throws if the connection is lost
    if (wasAlone) {
      // Where this can be written the database is well, and the entry is to blame.
      blame(suspect, PgErrors.explain(e));
      suspect = 0;
    } else if (isTrouble) {
      throw e;
    }
  }

  private void calmDown() {
    if (care != Care.TOGETHER && --carefulRounds <= 0) {
      care = Care.TOGETHER;
    }
  }

  // ---- executing

  /** Executes and commits; returns whether the session may look different now. */
  private boolean execute(PgConnection open, List<PgEntry> batch) throws SQLException {
    PgSql sql = new PgSql(open);
    Map<String, Outcome> byId = new HashMap<>();
    Tally tally = new Tally();
    boolean leavesTraces = false;
    try {
      for (PgEntry each : batch) {
        Entry entry;
        PgScript.Script script;
        try {
          entry = each.entry();
          script = PgScript.read(entry.sql());
        } catch (BadEntryException e) {
          Outcome failed = new Outcome.Failed(String.valueOf(e.getMessage()), true);
          byId.put(each.id(), failed); // for one of the same id behind it, which was not done
          settle(each, failed, tally);
          continue;
        }
        if (!each.isNew()) {
          duplicate(each, byId, tally);
          continue;
        }
        if (script.leavesTraces() && batch.size() > 1) {
          throw new AloneException(); // it must not change the session for those behind it
        }
        leavesTraces |= script.leavesTraces();
        Outcome outcome = one(open, sql, entry, script);
        byId.put(each.id(), outcome);
        settle(each, outcome, tally);
      }
      sql.flush();
      claims().flush();
      open.commit();
    } finally {
      sql.clear();
      claims().clear();
    }
    tally.tell();
    return leavesTraces;
  }

  private Outcome one(PgConnection open, PgSql sql, Entry entry, PgScript.Script script)
      throws SQLException {
    long deadlineNanos = System.nanoTime() + statementTime.toNanos();
    try {
      if (care == Care.TOGETHER) {
        if (PgSql.canJoin(entry, script)) {
          sql.add(entry, script);
          return new Outcome.Done(null);
        }
        sql.flush();
        return new Outcome.Done(sql.run(entry, script, deadlineNanos));
      }
      return inSavepoint(open, sql, entry, script, deadlineNanos);
    } catch (BadEntryException e) {
      if (care == Care.TOGETHER) {
        throw new AloneException(); // some of it may be executed
      }
      return new Outcome.Failed(String.valueOf(e.getMessage()), true);
    }
  }

  private Outcome inSavepoint(
      PgConnection open, PgSql sql, Entry entry, PgScript.Script script, long deadlineNanos)
      throws SQLException {
    claims().flush();
    run(open, "SAVEPOINT entry");
    try {
      Object result = sql.run(entry, script, deadlineNanos);
      run(open, "RELEASE SAVEPOINT entry");
      return new Outcome.Done(result);
    } catch (BadEntryException e) {
      run(open, "ROLLBACK TO SAVEPOINT entry");
      return new Outcome.Failed(String.valueOf(e.getMessage()), true);
    } catch (SQLException e) {
      if (PgErrors.isTrouble(e)) {
        throw e;
      }
      run(open, "ROLLBACK TO SAVEPOINT entry");
      return new Outcome.Failed(PgErrors.explain(e), false);
    }
  }

  private static void run(PgConnection open, String sql) throws SQLException {
    try (Statement statement = open.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Sets the session back to its start. */
  private static void discard(PgConnection open) throws SQLException {
    open.setAutoCommit(true);
    run(open, "DISCARD ALL");
    open.setAutoCommit(false);
  }

  // ---- settling, in the same transaction

  private void settle(PgEntry row, Outcome outcome, Tally tally) throws SQLException {
    switch (outcome) {
      case Outcome.Done(Object result) -> {
        claims().done(row, result);
        tally.done++;
        tally.ended(row);
      }
      case Outcome.Duplicate() -> {
        tally.duplicates.add(row.id());
        claims().ended(row);
        tally.ended(row);
      }
      case Outcome.Failed failed -> {
        boolean isGivenUp = claims().failed(row, failed, shared.retry(row.operation()));
        tally.failed(row, failed, isGivenUp);
      }
    }
  }

  /** One with the id of another in the same batch depends on what became of that. */
  private void duplicate(PgEntry row, Map<String, Outcome> byId, Tally tally) throws SQLException {
    Outcome first = byId.get(row.id());
    if (first instanceof Outcome.Failed) {
      claims().putBack(row);
    } else {
      settle(row, new Outcome.Duplicate(), tally);
    }
  }

  /** In a transaction of its own. */
  private void blame(long seq, String error) throws SQLException {
    PgConnection open = ready();
    try (PreparedStatement read =
        open.prepareStatement(PgClaims.READ + " WHERE seq = ? AND state = 'pending' FOR UPDATE")) {
      read.setLong(1, seq);
      Tally tally = new Tally();
      try (ResultSet rows = read.executeQuery()) {
        if (rows.next()) {
          PgEntry row = PgClaims.entry(rows, false);
          RetryPolicy retry = shared.retry(row.operation());
          RetryPolicy patient =
              new RetryPolicy(
                  Math.max(REPLAYS_LEAST, retry.retries()),
                  retry.firstPause(),
                  retry.longestPause());
          Outcome.Failed failed = new Outcome.Failed(error, false);
          tally.failed(row, failed, claims().failedInPlace(row, failed, patient));
        }
      }
      open.commit();
      tally.tell();
    }
  }

  /** After a failure: the next round opens another connection. */
  void close() {
    PgConnection open = connection;
    connection = null;
    claims = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it was lost before, and what it had is rolled back
      }
    }
  }

  /** The batch is to be executed entry by entry. No failure of the database. */
  private static final class AloneException extends SQLException {
    private static final long serialVersionUID = 1L;

    AloneException() {
      super("one entry must be executed alone", "0A000");
    }
  }

  /** What is told when it is committed, and not before. */
  private final class Tally {
    int done;
    final List<String> duplicates = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final List<String> batches = new ArrayList<>();
    private int givenUp;
    private int retried;

    void ended(PgEntry row) {
      if (!row.batchName().isEmpty()) {
        batches.add(row.batchName());
      }
    }

    void failed(PgEntry row, Outcome.Failed failed, boolean isGivenUp) {
      if (isGivenUp) {
        givenUp++;
        ended(row);
        lines.add("entry " + row.id() + " is given up: " + failed.error());
      } else {
        retried++;
        lines.add(
            "entry "
                + row.id()
                + " failed, attempt "
                + (row.attempts() + 1)
                + ": "
                + failed.error());
      }
    }

    void tell() {
      shared.stats.processed.addAndGet(done);
      shared.stats.failed.addAndGet(givenUp);
      shared.stats.retried.addAndGet(retried);
      shared.stats.duplicates.addAndGet(duplicates.size());
      lines.forEach(shared.log::failure);
      duplicates.forEach(
          each -> shared.log.failure("entry " + each + " was done before, and is not done again"));
      if (!batches.isEmpty()) {
        shared.batchesToLookAt.addAll(batches);
      }
      if (!batches.isEmpty() || retried > 0) {
        shared.keeping.wakeOne();
      }
    }
  }
}
