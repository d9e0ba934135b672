package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
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
  /** An answer beyond that part of the heap ends its entry, and not the worker. */
  private static final Map<String, String> LIMITS = Map.of("maxResultBuffer", "10p");

  /** What the driver says then; it has lost the connection by it. Trying again would not help. */
  private static final String TOO_LARGE = "maxResultBuffer limit";

  /** A restart of the server hits whatever is under way: one proves nothing. */
  private static final int REPLAYS_LEAST = 3;

  /** So often in turn it claims anew what others were faster with, and then waits a little. */
  private static final int BUSY_ROUNDS_LIMIT = 10;

  /** Until an id is looked at again that another thread or worker executes. */
  private static final long ELSEWHERE_MILLIS = 500;

  private enum Care {
    TOGETHER,
    SAVEPOINTS,
    ALONE
  }

  private final PgShared shared;
  private final int number;
  private final PgAgeing ageing = new PgAgeing();
  private final PgPace pace = new PgPace();
  private volatile @Nullable PgConnection connection;
  private volatile boolean isExecuting;
  private @Nullable PgClaims claims;

  /** Of a session at its start. */
  private @Nullable String path;

  private Care care = Care.TOGETHER;
  private int carefulRounds;
  private int busyRounds;

  /** What was executed alone when the connection was lost; 0 for nothing. */
  private long suspect;

  private String suspectError = "";

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
        } catch (SQLException e) {
          close();
          EngineTroubleException trouble =
              PgErrors.trouble("execute entries in", shared.database, e);
          if (shared.wish() == Inbox.Wish.STOP) {
            return; // it was broken off, and what it had is rolled back
          }
          shared.trouble(trouble);
          if (shared.isHopeless(++failures)) {
            throw trouble;
          }
          Thread.sleep(PgShared.pauseMillis(failures));
        } catch (RuntimeException e) {
          close();
          shared.trouble(e);
          if (shared.isHopeless(++failures)) {
            throw e;
          }
          Thread.sleep(PgShared.pauseMillis(failures));
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
    ready(); // also where all is paused: trouble is over when it can be used
    if (suspect != 0) {
      blameSuspect("the connection was lost while it was executed: " + suspectError);
    }
    boolean didSomething = false;
    for (String operation : shared.sqlOperations()) {
      if (!shared.isPaused(operation)) {
        didSomething |= round(ready(), operation);
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
    open =
        shared.database.open(
            "gyre queue executor " + number, statementTime, shared.lease(), LIMITS);
    connection = open; // at once, so that close() closes it
    PgSchema.create(open);
    path = show(open, "search_path");
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
    List<PgEntry> batch;
    try {
      batch = take(operation, most);
    } catch (SQLException e) {
      claimFailed(open, operation, e);
      return true;
    }
    if (batch.isEmpty()) {
      open.rollback();
      return false;
    }
    if (!Objects.equals(path, claims().path())) {
      open.rollback();
      discard(open); // an entry has changed it by ways that are not seen in its text
      return true;
    }
    if (batch.size() == most && most > 1) {
      shared.work.wakeOne(); // there may be more, for another thread
    }
    execute(open, batch);
    return true;
  }

  /** Also the one for ageing: see {@link PgAgeing}. */
  private List<PgEntry> take(String operation, int most) throws SQLException {
    List<PgEntry> batch = new ArrayList<>();
    // Not where one is looked for that can't be claimed: that is the first.
    int agedPlaces = care == Care.ALONE ? 0 : ageing.places(most);
    if (agedPlaces > 0) {
      batch.addAll(claims().take(operation, ageing.fromPriority(), agedPlaces));
    }
    if (batch.size() < most) {
      batch.addAll(claims().take(operation, EntryName.FIRST_PRIORITY, most - batch.size()));
    }
    return batch;
  }

  private void execute(PgConnection open, List<PgEntry> batch) throws SQLException {
    PgBatch work = new PgBatch(shared, open, claims(), pace, care == Care.TOGETHER, statementTime);
    shared.begun(batch.size());
    shared.executing.addAndGet(batch.size());
    isExecuting = true;
    try {
      work.execute(batch);
      if (work.leavesTraces()) {
        discard(open);
      }
      shared.stats.lastEventMillis = System.currentTimeMillis();
      busyRounds = 0;
      calmDown();
    } catch (SQLException e) {
      failed(open, batch, work.leavesTraces(), e);
    } catch (RuntimeException | Error e) {
      // Such as no memory for an answer. Where it is executed alone it is to blame.
      failed(open, batch, true, new SQLException(String.valueOf(e), "0A000", e));
    } finally {
      isExecuting = false;
      shared.executing.addAndGet(-batch.size());
    }
  }

  // ---- what goes wrong

  /**
   * Nothing was executed, so none that was taken is to blame, unless the first of all can't be
   * noted in the ledger: that one would be met for ever.
   */
  private void claimFailed(PgConnection open, String operation, SQLException e)
      throws SQLException {
    open.rollback();
    claims().clear();
    if (shared.wish() == Inbox.Wish.STOP
        || (PgErrors.isBusy(e) && ++busyRounds > BUSY_ROUNDS_LIMIT)
        || !(PgErrors.isBusy(e) || PgErrors.isOfData(e))) {
      throw e;
    }
    if (care != Care.ALONE) {
      care = Care.ALONE;
      carefulRounds = shared.config().batch();
      return;
    }
    PgEntry head = claims().head(operation);
    if (head != null) {
      tryNote(open, head);
    }
    open.commit();
  }

  /** Moves it out of the way if its note can't be written. */
  private void tryNote(PgConnection open, PgEntry head) throws SQLException {
    PgBatch.run(open, "SAVEPOINT note");
    SQLException failure = null;
    try {
      claims().tryNote(head);
    } catch (SQLException e) {
      failure = e;
    }
    PgBatch.run(open, "ROLLBACK TO SAVEPOINT note");
    if (failure == null) {
      return;
    }
    if (PgErrors.isBusy(failure)) {
      claims().delayInPlace(head, ELSEWHERE_MILLIS); // one of its id is executed by another
      shared.keeping.wakeOne();
    } else if (PgErrors.isOfData(failure)) {
      String error = "it can't be noted as done: " + PgErrors.explain(failure);
      claims().giveUpAlone(head, error);
      shared.stats.failed.incrementAndGet();
      shared.log.failure("entry " + head.id() + " is given up: " + error);
    } else {
      throw failure;
    }
  }

  /** After a failure: more careful, for as many entries as were affected. */
  private void failed(PgConnection open, List<PgEntry> batch, boolean leavesTraces, SQLException e)
      throws SQLException {
    boolean wasAlone = batch.size() == 1 && care != Care.TOGETHER;
    boolean isTrouble = PgErrors.isTrouble(e);
    boolean isStopped = shared.wish() == Inbox.Wish.STOP;
    care = care == Care.TOGETHER && !isTrouble ? Care.SAVEPOINTS : Care.ALONE;
    carefulRounds = care == Care.ALONE ? Math.max(1, batch.size()) : 1;
    if (wasAlone && !isStopped) {
      suspect = batch.getFirst().seq();
      suspectError = PgErrors.explain(e);
    }
    open.rollback(); // throws if the connection is lost
    if (leavesTraces) {
      unlock(open);
      close(); // what else it has left behind
    }
    if (suspect != 0) {
      // Where this can be written the database is well, and the entry is to blame.
      if (PgErrors.isBusy(e)) {
        delaySuspect();
      } else {
        blameSuspect(suspectError);
      }
    } else if (isTrouble) {
      throw e;
    }
  }

  private void calmDown() {
    if (care != Care.TOGETHER && --carefulRounds <= 0) {
      care = Care.TOGETHER;
    }
  }

  /** In a transaction of its own. Forgotten before: it is not to stand in the way for ever. */
  private void blameSuspect(String error) throws SQLException {
    long seq = suspect;
    suspect = 0;
    PgConnection open = ready();
    PgTally tally = new PgTally(shared);
    try {
      PgEntry row = pending(open, seq);
      if (row != null) {
        Outcome.Failed failed = new Outcome.Failed(error, error.contains(TOO_LARGE));
        tally.failed(row, failed, claims().failedInPlace(row, failed, patient(row)));
      }
      open.commit();
    } catch (SQLException e) {
      open.rollback();
      claims().clear();
      if (!PgErrors.isOfData(e)) {
        throw e;
      }
      tally = new PgTally(shared);
      PgEntry row = pending(open, seq);
      if (row != null) {
        claims().giveUpAlone(row, error);
        tally.failed(row, new Outcome.Failed(error, true), true);
      }
      open.commit();
    }
    tally.tell();
  }

  private RetryPolicy patient(PgEntry row) {
    RetryPolicy retry = shared.retry(row.operation());
    return new RetryPolicy(
        Math.max(REPLAYS_LEAST, retry.retries()), retry.firstPause(), retry.longestPause());
  }

  /** Others had what it wanted when it was committed. */
  private void delaySuspect() throws SQLException {
    long seq = suspect;
    OptionalLong pauseMillis = shared.busy.pauseMillis(seq);
    if (pauseMillis.isEmpty()) {
      blameSuspect(suspectError);
      return;
    }
    suspect = 0;
    PgConnection open = ready();
    PgEntry row = pending(open, seq);
    if (row != null) {
      claims().delayInPlace(row, pauseMillis.getAsLong());
      shared.putOff(pauseMillis.getAsLong());
    }
    open.commit();
    shared.keeping.wakeOne();
  }

  private static @Nullable PgEntry pending(PgConnection open, long seq) throws SQLException {
    try (PreparedStatement read =
        open.prepareStatement(PgClaims.READ + " WHERE seq = ? AND state = 'pending' FOR UPDATE")) {
      read.setLong(1, seq);
      try (ResultSet rows = read.executeQuery()) {
        return rows.next() ? PgClaims.entry(rows, false) : null;
      }
    }
  }

  // ---- the session

  /** Sets it back to its start. */
  private static void discard(PgConnection open) throws SQLException {
    open.setAutoCommit(true);
    PgBatch.run(open, "DISCARD ALL");
    open.setAutoCommit(false);
  }

  /**
   * A lock of the session outlives the transaction, and the server may need a while to see that a
   * connection is closed: nobody is to meet the lock of an entry that is told as failed.
   */
  private static void unlock(PgConnection open) throws SQLException {
    PgBatch.run(open, "SELECT pg_catalog.pg_advisory_unlock_all()");
    open.rollback();
  }

  private static String show(PgConnection open, String setting) throws SQLException {
    try (PreparedStatement show = open.prepareStatement("SHOW " + setting);
        ResultSet rows = show.executeQuery()) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** Any thread: breaks off what is executed, which is then rolled back. */
  void cancel() {
    PgConnection open = connection;
    if (open != null && isExecuting) {
      try {
        open.cancelQuery();
      } catch (SQLException e) {
        // it can't be reached, so it ends by itself
      }
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
}
