package gyre.queue;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * SQLite, with the ledger in the user's own database: what an entry does and the note that it was
 * done are one transaction, which is what makes it effectively once.
 *
 * <p>A batch is one transaction, and each entry in it a savepoint. Some errors of SQLite end the
 * whole transaction; then the entries are executed again, one by one.
 */
final class SqliteEngine implements Engine {
  private static final int PRUNE_ROWS = 2000;
  private static final int PROGRESS_STEPS = 100_000;

  /**
   * The deadline is looked at between steps. One step may go through a whole value, so the size of
   * values bounds how long it takes.
   */
  private static final int LENGTH_LIMIT_BYTES = 16 << 20;

  private static final int PROBE_BYTES = 256 << 10;
  private static final int PATTERN_LIMIT_BYTES = 1000;
  private static final Duration BUSY_LIMIT = Duration.ofSeconds(5);
  private static final long BUSY_LONGEST_PAUSE_MILLIS = 50;
  private static final String LEDGER = SqliteSchema.LEDGER;
  private static final String ATTEMPTS = SqliteSchema.ATTEMPTS;
  private static final String BATCHES = SqliteSchema.BATCHES;

  private final Path file;
  private final boolean usesLedger;
  private final Probe probe;
  private final SQLiteConnection connection;
  private final SqliteStatements statements;
  private volatile long deadlineNanos = Long.MAX_VALUE;
  private long statementNanos = Duration.ofSeconds(60).toNanos();
  private boolean isInTransaction;

  /** The id up to which old entries are forgotten; empty where that begins anew. */
  private String prunedTo = "";

  private SqliteEngine(Path file, boolean usesLedger, Probe probe) throws SQLException {
    this.file = file;
    this.usesLedger = usesLedger;
    this.probe = probe;
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout((int) BUSY_LIMIT.toMillis());
    config.setGetGeneratedKeys(false); // nobody asks for them, and each costs a statement
    this.connection = (SQLiteConnection) config.createConnection("jdbc:sqlite:" + file);
    this.statements = new SqliteStatements(connection);
    try {
      SqliteSchema.create(connection);
      connection.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0);
      connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, LENGTH_LIMIT_BYTES);
      connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_LIMIT_BYTES);
      ProgressHandler.setHandler(
          connection,
          PROGRESS_STEPS,
          new ProgressHandler() {
            @Override
            protected int progress() {
              return System.nanoTime() - deadlineNanos > 0 && isInTransaction ? 1 : 0;
            }
          });
      // From here on transactions are begun and ended by the text of SQL alone: the driver is told
      // that it has begun one, so that it never does so by itself.
      connection.setAutoCommit(false);
      connection.setFirstStatementExecuted(true);
      endQuietly();
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  static SqliteEngine open(Path file) {
    return open(file, true, Probe.NONE);
  }

  /**
   * @param usesLedger false only for the control of the crash test, which must then see entries
   *     executed twice
   */
  static SqliteEngine open(Path file, boolean usesLedger, Probe probe) {
    try {
      return new SqliteEngine(file, usesLedger, probe);
    } catch (SQLException e) {
      throw trouble("open", file, e);
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new QueueException(
          "load the library of SQLite into "
              + System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir"))
              + ": "
              + e.getMessage()
              + ". That directory must be writable and allow execution: name another by"
              + " -Dorg.sqlite.tmpdir=DIRECTORY",
          e);
    }
  }

  /** For how long the statements of one entry may run. */
  void statementTimeout(Duration value) {
    statementNanos = value.toNanos();
  }

  // ---- batches

  @Override
  public List<Outcome> execute(List<Claim> claims) {
    try {
      return executeTogether(claims);
    } catch (TransactionLostException e) {
      return executeEach(claims);
    } catch (SQLException e) {
      if (SqliteErrors.isBusy(e)) {
        throw trouble("execute a batch in", file, e);
      }
      return executeEach(claims); // it may be one of them alone
    }
  }

  /** Ends at the first that meets trouble; throws if that is the first of all. */
  private List<Outcome> executeEach(List<Claim> claims) {
    List<Outcome> outcomes = new ArrayList<>(claims.size());
    for (Claim each : claims) {
      try {
        outcomes.add(executeAlone(each));
      } catch (EngineTroubleException e) {
        if (outcomes.isEmpty()) {
          throw e;
        }
        break; // those before it are on the device
      }
    }
    return outcomes;
  }

  private Outcome executeAlone(Claim claim) {
    try {
      return executeTogether(List.of(claim)).getFirst();
    } catch (TransactionLostException e) {
      return e.outcome;
    } catch (SQLException e) {
      if (SqliteErrors.isBusy(e) || !canWrite()) {
        throw trouble("execute an entry in", file, e);
      }
      return new Outcome.Failed(explain(e), false);
    }
  }

  /**
   * Whether the database takes a write of a size as entries have it. Some codes such as FULL and
   * CORRUPT have two causes: the database, or what one entry asks of it.
   */
  private boolean canWrite() {
    String id = "probe of the worker";
    try {
      countAttempt(id, " ".repeat(PROBE_BYTES), Instant.now());
      forgetAttempts(id);
      return true;
    } catch (EngineTroubleException e) {
      return false;
    }
  }

  private List<Outcome> executeTogether(List<Claim> claims)
      throws SQLException, TransactionLostException {
    List<Outcome> outcomes = new ArrayList<>(claims.size());
    begin();
    try {
      long now = System.currentTimeMillis();
      for (Claim each : claims) {
        outcomes.add(executeOne(each, now));
      }
      probe.at(Probe.Point.BEFORE_COMMIT);
      sql("COMMIT");
      isInTransaction = false;
      return outcomes;
    } finally {
      if (isInTransaction) {
        endQuietly();
      }
    }
  }

  private Outcome executeOne(Claim claim, long now) throws SQLException, TransactionLostException {
    Outcome outcome;
    sql("SAVEPOINT entry");
    try {
      if (usesLedger && !isNew(claim.entry(), now)) {
        outcome = new Outcome.Duplicate();
      } else {
        probe.at(Probe.Point.LEDGER_WRITTEN);
        outcome = new Outcome.Done(run(claim.entry()));
      }
    } catch (BadEntryException e) {
      outcome = new Outcome.Failed(String.valueOf(e.getMessage()), true);
    } catch (SQLException e) {
      SqliteErrors.throwIfTrouble(e);
      outcome = new Outcome.Failed(explain(e), SqliteErrors.isDeadline(e));
    }
    try {
      if (outcome instanceof Outcome.Failed) {
        sql("ROLLBACK TO entry");
      }
      sql("RELEASE entry");
    } catch (SQLException e) {
      // The savepoint is gone: the statement has ended the transaction, and with it all others'.
      throw new TransactionLostException(outcome);
    }
    return outcome;
  }

  private boolean isNew(Entry entry, long now) throws SQLException {
    boolean isNew =
        statements.update("INSERT OR IGNORE INTO " + LEDGER + " VALUES (?, ?)", entry.id(), now)
            == 1;
    if (isNew && !entry.batch().isEmpty()) {
      ofBatch(entry.batch(), entry.id());
    }
    return isNew;
  }

  private void ofBatch(String batch, String id) throws SQLException {
    statements.update("INSERT OR IGNORE INTO " + BATCHES + " VALUES (?, ?)", batch, id);
  }

  private @Nullable Object run(Entry entry) throws SQLException, BadEntryException {
    deadlineNanos = System.nanoTime() + statementNanos;
    try {
      return SqliteEntry.run(statements, entry);
    } finally {
      deadlineNanos = Long.MAX_VALUE; // it is for this entry, not for the notes about the next
    }
  }

  // ---- the ledger by itself

  @Override
  public boolean isDone(String id) {
    return number("SELECT count(*) FROM " + LEDGER + " WHERE id = ?", id) > 0;
  }

  @Override
  public void recordDone(List<Claim> claims) {
    change(
        "write to the ledger of",
        () -> {
          long now = System.currentTimeMillis();
          for (Claim each : claims) {
            isNew(each.entry(), now);
          }
        });
  }

  @Override
  public int countAttempt(String id, String error, Instant now) {
    change(
        "count an attempt in",
        () ->
            statements.update(
                "INSERT INTO "
                    + ATTEMPTS
                    + " VALUES (?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET attempts = attempts + 1,"
                    + " error = excluded.error, last_at = excluded.last_at",
                id,
                error,
                now.toEpochMilli()));
    return attempts(id);
  }

  @Override
  public int attempts(String id) {
    return (int) number("SELECT max(attempts) FROM " + ATTEMPTS + " WHERE id = ?", id);
  }

  @Override
  public void forgetAttempts(String id) {
    change(
        "forget attempts in",
        () -> statements.update("DELETE FROM " + ATTEMPTS + " WHERE id = ?", id));
  }

  @Override
  public long finishedOfBatch(String batch) {
    return number("SELECT count(*) FROM " + BATCHES + " WHERE batch = ?", batch);
  }

  @Override
  public void recordGivenUp(String batch, String id) {
    change("write down a failure in", () -> ofBatch(batch, id));
  }

  @Override
  public void forgetBatch(String batch) {
    change(
        "forget a batch in",
        () -> statements.update("DELETE FROM " + BATCHES + " WHERE batch = ?", batch));
  }

  /**
   * A slice by id, in a transaction. An index on the time would cost each entry that is executed.
   */
  @Override
  public int prune(Instant before) {
    int[] count = {0};
    long beforeMillis = before.toEpochMilli();
    change(
        "forget old entries in",
        () -> {
          String from = prunedTo;
          String to =
              text(
                  "SELECT id FROM "
                      + LEDGER
                      + " WHERE id > ? ORDER BY id LIMIT 1 OFFSET "
                      + PRUNE_ROWS,
                  from);
          String slice = " WHERE done_at < ? AND id > ?" + (to.isEmpty() ? "" : " AND id <= ?");
          count[0] +=
              to.isEmpty()
                  ? statements.update("DELETE FROM " + LEDGER + slice, beforeMillis, from)
                  : statements.update("DELETE FROM " + LEDGER + slice, beforeMillis, from, to);
          if (to.isEmpty()) {
            count[0] +=
                statements.update("DELETE FROM " + ATTEMPTS + " WHERE last_at < ?", beforeMillis);
          }
          prunedTo = to;
        });
    return count[0];
  }

  @Override
  public boolean isPruned() {
    return prunedTo.isEmpty();
  }

  private String text(String sql, String value) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, value);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getString(1) : "";
      }
    }
  }

  private long number(String sql, String id) {
    try {
      return statements.query(sql, id);
    } catch (SQLException e) {
      throw trouble("read", file, e);
    }
  }

  @FunctionalInterface
  private interface Change {
    void make() throws SQLException;
  }

  private void change(String operation, Change change) {
    try {
      begin();
      try {
        change.make();
        sql("COMMIT");
        isInTransaction = false;
      } finally {
        if (isInTransaction) {
          endQuietly();
        }
      }
    } catch (SQLException e) {
      throw trouble(operation, file, e);
    }
  }

  // ---- transactions

  /** Others may write to the database too: whoever has it is waited for, with growing pauses. */
  private void begin() throws SQLException {
    deadlineNanos = Long.MAX_VALUE;
    long giveUpNanos = System.nanoTime() + BUSY_LIMIT.toNanos();
    for (long pauseMillis = 1;
        ;
        pauseMillis = Math.min(BUSY_LONGEST_PAUSE_MILLIS, pauseMillis * 2)) {
      try {
        sql("BEGIN IMMEDIATE");
        isInTransaction = true;
        return;
      } catch (SQLException e) {
        if (!SqliteErrors.isBusy(e) || System.nanoTime() - giveUpNanos > 0) {
          throw e;
        }
      }
      java.util.concurrent.locks.LockSupport.parkNanos(pauseMillis * 1_000_000);
    }
  }

  private void sql(String text) throws SQLException {
    connection.getDatabase()._exec(text);
  }

  private void endQuietly() {
    isInTransaction = false;
    deadlineNanos = Long.MAX_VALUE;
    try {
      sql("ROLLBACK");
    } catch (SQLException e) {
      // There is none: SQLite has ended it with the error that brought us here.
    }
  }

  // ---- errors

  private String explain(SQLException e) {
    return SqliteErrors.isDeadline(e)
        ? "it ran for longer than "
            + Duration.ofNanos(statementNanos).toMillis()
            + " ms and was ended: raise sql_timeout_seconds, or split it"
        : String.valueOf(e.getMessage());
  }

  private static EngineTroubleException trouble(String operation, Path file, SQLException e) {
    return new EngineTroubleException(operation + " " + file + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      statements.close();
      connection.close();
    } catch (SQLException e) {
      throw trouble("close", file, e);
    }
  }

  /** A statement of this entry has ended the transaction of all. */
  private static final class TransactionLostException extends Exception {
    private static final long serialVersionUID = 1L;
    final transient Outcome outcome;

    TransactionLostException(Outcome outcome) {
      super("the transaction was ended by a statement in it");
      this.outcome =
          outcome instanceof Outcome.Failed
              ? outcome
              : new Outcome.Failed("it ended the transaction of the worker", true);
    }
  }
}
