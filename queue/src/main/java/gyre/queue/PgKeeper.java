package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * A thread that takes entries of handlers and settles them, and keeps order: what is due becomes
 * pending, what a dead worker had too, batches end, recurring entries are planned, what is old
 * goes.
 */
final class PgKeeper implements Runnable {
  private static final Duration STATEMENT_TIME = Duration.ofSeconds(30);
  private static final long TICK_MILLIS = 5000;
  private static final long WAITING_MILLIS = 50;

  /** Deleting what is old takes about this part of the time at most. */
  private static final long CLEAN_UP_SHARE = 4;

  private final PgShared shared;
  private final PgHandlers handlers;
  private @Nullable PgConnection connection;
  private @Nullable ClockSteps clockSteps;
  private boolean isCleaningUp;
  private long nextCleanUpNanos = System.nanoTime();
  private long nextTickNanos = System.nanoTime();

  /** Until the next entry is due; {@link Long#MAX_VALUE} if none is delayed. */
  private long dueInMillis;

  PgKeeper(PgShared shared, HandlerFibers fibers) {
    this.shared = shared;
    this.handlers = new PgHandlers(shared, fibers);
  }

  @Override
  public void run() {
    int failures = 0;
    try {
      while (!isOver()) {
        try {
          boolean didSomething = round();
          failures = 0;
          if (!didSomething) {
            shared.keeping.await(waitMillis());
          }
        } catch (SQLException e) {
          EngineTroubleException trouble = PgErrors.trouble("keep", shared.database, e);
          close();
          shared.trouble(trouble);
          if (shared.isHopeless(++failures)) {
            throw trouble;
          }
          Thread.sleep(PgShared.pauseMillis(failures));
        } catch (RuntimeException e) {
          // Whatever it is, the next start would meet it too: so it goes on with the others.
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

  private boolean isOver() {
    return switch (shared.wish()) {
      case WORK -> false;
      case STOP -> true;
      case DRAIN ->
          (handlers.isIdle() && shared.mayBegin(1) == 0)
              || shared.isDrainTimeOver()
              || (handlers.isIdle() && handlers.foundNothing());
    };
  }

  // ---- one round

  private boolean round() throws SQLException, InterruptedException {
    PgConnection open = ready();
    boolean didSomething = handlers.settle(open);
    long dueLookNanos = System.nanoTime();
    didSomething |= becomeDue(open) > 0;
    lookAtBatches(open);
    didSomething |= handlers.take(open);
    if (System.nanoTime() - nextTickNanos >= 0) {
      nextTickNanos = System.nanoTime() + tickMillis() * 1_000_000;
      tick(open);
    }
    cleanUp(open);
    didSomething |= !shared.batchesToLookAt.isEmpty(); // of a worker that was declared dead
    if (shared.isOnce && !didSomething && isAllDone(open, dueLookNanos)) {
      shared.wish(Inbox.Wish.STOP);
    }
    shared.handling = handlers.running();
    shared.countProcessing();
    return didSomething;
  }

  private long tickMillis() {
    return Math.min(TICK_MILLIS, Math.max(50, shared.lease().toMillis() / 4));
  }

  private long waitMillis() {
    long untilTick = (nextTickNanos - System.nanoTime()) / 1_000_000;
    long poll = shared.timing.poll().toMillis();
    if (isCleaningUp) {
      poll = Math.min(poll, (nextCleanUpNanos - System.nanoTime()) / 1_000_000);
    }
    if (shared.isOnce) {
      poll = Math.min(poll, handlers.stuckInMillis());
    }
    return Math.max(
        1, Math.min(Math.min(untilTick, poll), Math.min(dueInMillis, handlers.pauseMillis())));
  }

  private PgConnection ready() throws SQLException {
    PgConnection open = connection;
    if (open == null) {
      open = shared.database.open("gyre queue keeper", STATEMENT_TIME, shared.lease());
      connection = open;
      PgSchema.create(open);
      open.setAutoCommit(false);
      handlers.giveBackWhatNobodyHas(open); // what was lost with the last connection
    }
    return open;
  }

  /** It waits since it is due, and not since it was enqueued. */
  private int becomeDue(PgConnection open) throws SQLException {
    int count;
    try (Statement statement = open.createStatement()) {
      count =
          statement.executeUpdate(
              "UPDATE gyre_queue.entries SET state = 'pending', due_at = NULL,"
                  + " changed_at = due_at WHERE seq IN ("
                  + "SELECT seq FROM gyre_queue.entries WHERE state = 'delayed'"
                  + " AND due_at <= clock_timestamp() ORDER BY due_at LIMIT 1000"
                  + " FOR UPDATE SKIP LOCKED)");
      if (count > 0) {
        statement.execute("SELECT pg_notify('" + PgSchema.CHANNEL + "', '')");
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT ceil(extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::bigint"
                  + " FROM gyre_queue.entries WHERE state = 'delayed'")) {
        rows.next();
        long left = rows.getLong(1);
        dueInMillis = rows.wasNull() ? Long.MAX_VALUE : Math.max(1, left);
      }
    }
    open.commit();
    return count;
  }

  // ---- batches

  private void lookAtBatches(PgConnection open) throws SQLException {
    for (String each : List.copyOf(shared.batchesToLookAt)) {
      shared.batchesToLookAt.remove(each);
      endBatch(open, each);
    }
  }

  /**
   * What is enqueued when all have ended, and the end of the batch, are one transaction. A callback
   * that is refused, as one whose unique key is taken, would be refused again: the batch ends
   * without it.
   */
  private void endBatch(PgConnection open, String batch) throws SQLException {
    try (PreparedStatement delete =
        open.prepareStatement(
            "DELETE FROM gyre_queue.batches WHERE batch = ? AND size <="
                + " (SELECT count(*) FROM gyre_queue.batch_ends WHERE batch = ?)"
                + " RETURNING callback, callback_due")) {
      delete.setString(1, batch);
      delete.setString(2, batch);
      try (ResultSet rows = delete.executeQuery()) {
        if (rows.next()) {
          enqueueCallback(open, batch, rows);
          try (PreparedStatement forget =
              open.prepareStatement("DELETE FROM gyre_queue.batch_ends WHERE batch = ?")) {
            forget.setString(1, batch);
            forget.executeUpdate();
          }
          shared.log.info("batch " + batch + " is done");
        }
      }
    }
    open.commit();
  }

  private void enqueueCallback(PgConnection open, String batch, ResultSet rows)
      throws SQLException {
    PgBatch.run(open, "SAVEPOINT callback");
    String refusal;
    try {
      Job callback = Job.parse(rows.getString(1));
      OffsetDateTime due = rows.getObject(2, OffsetDateTime.class);
      PgEnqueue.insert(open, due == null ? callback : callback.at(due.toInstant()));
      return;
    } catch (QueueException | DuplicateJobException e) {
      refusal = String.valueOf(e.getMessage());
    } catch (SQLException e) {
      if (!PgErrors.isOfData(e)) {
        throw e;
      }
      refusal = PgErrors.explain(e);
    }
    PgBatch.run(open, "ROLLBACK TO SAVEPOINT callback");
    shared.log.warn("batch " + batch + " ends without its callback: " + refusal);
  }

  // ---- from time to time

  /** Slice after slice while there are some, for a part of the time; else at the next tick. */
  private void cleanUp(PgConnection open) throws SQLException {
    ClockSteps clock = clockSteps;
    long begin = System.nanoTime();
    if (clock == null || !isCleaningUp || begin - nextCleanUpNanos < 0) {
      return;
    }
    isCleaningUp =
        !clock.isInDoubt(PendingIndex.steadyMillis()) && PgUpkeep.cleanUp(open, shared.config());
    long now = System.nanoTime();
    nextCleanUpNanos = now + (now - begin) * CLEAN_UP_SHARE;
  }

  private void tick(PgConnection open) throws SQLException {
    handlers.giveBackWhatNobodyHas(open);
    PgUpkeep.takeOver(open, shared);
    PgUpkeep.recurring(open, shared);
    clockSteps = PgUpkeep.lookAtClock(open, clockSteps, shared.log);
    isCleaningUp = true;
    for (String each : PgUpkeep.endedBatches(open)) {
      endBatch(open, each);
    }
    shared.stats.waiting = PgUpkeep.waiting(open);
    open.commit();
  }

  /**
   * Where it works once: nothing is pending that anybody here could do, nor was put off for what
   * others had. What calls that hang take the place of stays where it is.
   *
   * @param dueLookNanos when this round began to look for what is due, by {@link System#nanoTime}
   */
  private boolean isAllDone(PgConnection open, long dueLookNanos)
      throws SQLException, InterruptedException {
    if (!isQuiet(dueLookNanos)) {
      return false;
    }
    List<String> operations = new ArrayList<>(shared.sqlOperations());
    shared.handlerKinds().stream()
        .filter(each -> !handlers.isStuck(each))
        .forEach(each -> operations.add(each.operation()));
    operations.removeIf(shared::isPaused);
    boolean isWaiting;
    try (PreparedStatement look =
        open.prepareStatement(
            "SELECT EXISTS (SELECT 1 FROM gyre_queue.entries"
                + " WHERE state = 'pending' AND operation = ANY (?))")) {
      look.setArray(1, open.createArrayOf("text", operations.toArray()));
      try (ResultSet rows = look.executeQuery()) {
        rows.next();
        isWaiting = rows.getBoolean(1);
      }
    }
    open.commit();
    if (isWaiting) {
      Thread.sleep(WAITING_MILLIS); // another worker may have it locked, and nobody tells
      shared.work.wakeAll();
    }
    return !isWaiting && isQuiet(dueLookNanos); // what has ended meanwhile may end its batch
  }

  private boolean isQuiet(long dueLookNanos) {
    return handlers.isIdle()
        && shared.idle.get() >= shared.threads
        && shared.batchesToLookAt.isEmpty()
        && !shared.hasPutOffBeyond(dueLookNanos);
  }

  /**
   * An orderly end, when this thread and all handlers have ended: what they have done is written
   * down, and what they were broken off at is nobody's fault. Any thread; blocks.
   */
  void giveBack() {
    try {
      handlers.settle(ready());
      PgUpkeep.giveBack(ready(), shared.worker);
    } catch (SQLException | RuntimeException e) {
      shared.log.warn(
          "what handlers had is taken over after "
              + shared.lease().toSeconds()
              + " s: "
              + e.getMessage());
    } finally {
      close();
    }
  }

  /** When the listener has ended too, which else would give another sign of life. */
  void leave() {
    try {
      PgUpkeep.leave(ready(), shared.worker);
    } catch (SQLException e) {
      shared.log.warn("the worker stays in the list for a while: " + PgErrors.explain(e));
    } finally {
      close();
    }
  }

  private void close() {
    PgConnection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it was lost before
      }
    }
  }
}
