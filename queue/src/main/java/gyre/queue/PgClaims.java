package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Takes rows of entries, and writes down what has become of them, all in the transaction that is
 * open. {@code SKIP LOCKED} lets many workers take at a time: each sees what no other has.
 */
final class PgClaims {
  static final String READ =
      "SELECT seq, id, operation, priority, content, unique_key, batch, attempts,"
          + " extract(epoch FROM clock_timestamp() - changed_at)::float8 AS waited"
          + " FROM gyre_queue.entries";

  /**
   * One journey to the server: locks the first, removes them, and notes them in the ledger. What
   * the ledger had before is not new. If the transaction is rolled back all is as it was.
   *
   * <p>Another's note of the same id that is not committed is waited for, but not for long: that
   * one may execute for a minute, and what is locked here could go on elsewhere.
   */
  private static final String TAKE =
      """
      SET LOCAL lock_timeout = 1000;
      WITH claimed AS MATERIALIZED (
        SELECT seq FROM gyre_queue.entries
        WHERE state = 'pending' AND operation = ? AND priority >= ?
        ORDER BY priority, seq LIMIT ? FOR UPDATE SKIP LOCKED),
      gone AS (
        DELETE FROM gyre_queue.entries e USING claimed c WHERE e.seq = c.seq RETURNING e.*),
      noted AS (
        INSERT INTO gyre_queue.ledger (id, seq, operation, priority, content)
        SELECT DISTINCT ON (id) id, seq, operation, priority, content FROM gone
        ORDER BY id, priority, seq
        ON CONFLICT (id) DO NOTHING RETURNING seq)
      SELECT g.seq, g.id, g.operation, g.priority, g.content, g.unique_key, g.batch, g.attempts,
        n.seq IS NOT NULL AS is_new,
        extract(epoch FROM clock_timestamp() - g.changed_at)::float8 AS waited,
        (SELECT pg_catalog.current_setting('search_path')) AS path
      FROM gone g LEFT JOIN noted n ON n.seq = g.seq;
      SET LOCAL lock_timeout TO DEFAULT
      """;

  private static final String PUT_BACK =
      """
      INSERT INTO gyre_queue.entries
        (seq, id, operation, priority, state, due_at, content, unique_key, batch, attempts, error,
         changed_at)
      VALUES (?, ?, ?, ?, ?, now() + ? * interval '1 millisecond', ?, ?, ?, ?, ?,
        clock_timestamp() - ? * interval '1 microsecond')
      """;

  private static final String CHANGE =
      """
      UPDATE gyre_queue.entries SET state = ?, due_at = now() + ? * interval '1 millisecond',
        priority = ?, attempts = ?, error = ?, worker = NULL, changed_at = now()
      WHERE seq = ?
      """;

  private static final Comparator<PgEntry> ORDER =
      Comparator.comparingInt(PgEntry::priority).thenComparingLong(PgEntry::seq);

  private final PgConnection connection;

  /** Notes that are sent together, by their SQL. */
  private final Map<String, PreparedStatement> notes = new LinkedHashMap<>();

  /** What the session's search_path was at the last {@link #take} that found something. */
  private @Nullable String path;

  PgClaims(PgConnection connection) {
    this.connection = connection;
  }

  @Nullable String path() {
    return path;
  }

  /** At most so many, the first of those that have this priority or a lower one. */
  List<PgEntry> take(String operation, int fromPriority, int most) throws SQLException {
    List<PgEntry> taken = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
      statement.setString(1, operation);
      statement.setInt(2, fromPriority);
      statement.setInt(3, most);
      boolean isRows = statement.execute();
      while (!isRows) {
        isRows = statement.getMoreResults(); // behind what sets the limit
      }
      try (ResultSet rows = statement.getResultSet()) {
        while (rows.next()) {
          taken.add(entry(rows, rows.getBoolean("is_new")));
          path = rows.getString("path");
        }
      }
    }
    Collections.sort(taken, ORDER);
    return taken;
  }

  /** The one that {@link #take} would begin with, locked and as it is; null if there is none. */
  @Nullable PgEntry head(String operation) throws SQLException {
    try (PreparedStatement read =
        connection.prepareStatement(
            READ
                + " WHERE state = 'pending' AND operation = ? ORDER BY priority, seq LIMIT 1"
                + " FOR UPDATE SKIP LOCKED")) {
      read.setString(1, operation);
      try (ResultSet rows = read.executeQuery()) {
        return rows.next() ? entry(rows, true) : null;
      }
    }
  }

  /** Writes its note, and no more, to see whether that can be done. */
  void tryNote(PgEntry row) throws SQLException {
    try (PreparedStatement note =
        connection.prepareStatement(
            "SET LOCAL lock_timeout = 1000;"
                + " INSERT INTO gyre_queue.ledger (id, seq, operation, priority, content)"
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")) {
      note.setString(1, row.id());
      note.setLong(2, row.seq());
      note.setString(3, row.operation());
      note.setInt(4, row.priority());
      note.setString(5, row.content());
      note.execute();
    }
  }

  static PgEntry entry(ResultSet rows, boolean isNew) throws SQLException {
    return new PgEntry(
        rows.getLong("seq"),
        rows.getString("id"),
        rows.getString("operation"),
        rows.getInt("priority"),
        rows.getString("content"),
        rows.getString("unique_key"),
        rows.getString("batch"),
        rows.getInt("attempts"),
        isNew,
        Duration.ofNanos(Math.max(0, (long) (rows.getDouble("waited") * 1e9))),
        System.nanoTime());
  }

  // ---- what has become of one

  /** Its note in the ledger is there; a result and the count of its batch are added. */
  void done(PgEntry row, @Nullable Object result) throws SQLException {
    if (result != null && isWanted(row)) {
      PreparedStatement note = note("UPDATE gyre_queue.ledger SET result = ? WHERE id = ?");
      note.setString(1, clean(Json.write(result)));
      note.setString(2, row.id());
      note.addBatch();
    }
    ended(row);
  }

  static boolean isWanted(PgEntry row) {
    try {
      return row.entry().wantsResult();
    } catch (BadEntryException e) {
      return false;
    }
  }

  /** Counts it for its batch, if it has one. */
  void ended(PgEntry row) throws SQLException {
    if (!row.batchName().isEmpty()) {
      PreparedStatement note =
          note(
              "INSERT INTO gyre_queue.batch_ends (batch, seq) VALUES (?, ?)"
                  + " ON CONFLICT DO NOTHING");
      note.setString(1, row.batchName());
      note.setLong(2, row.seq());
      note.addBatch();
    }
  }

  /** Makes a row of it again, to be tried later or given up; returns whether that. */
  boolean failed(PgEntry row, Outcome.Failed failed, RetryPolicy retry) throws SQLException {
    forgetNote(row);
    int attempts = row.attempts() + 1;
    boolean isGivenUp = failed.isFinal() || !retry.mayRetry(attempts);
    insert(
        row,
        isGivenUp ? "failed" : "delayed",
        isGivenUp ? row.priority() : lower(row),
        pauseMillis(retry, attempts, isGivenUp),
        attempts,
        failed.error());
    if (isGivenUp) {
      ended(row);
    }
    return isGivenUp;
  }

  /** As {@link #failed}, of a row that is there. */
  boolean failedInPlace(PgEntry row, Outcome.Failed failed, RetryPolicy retry) throws SQLException {
    int attempts = row.attempts() + 1;
    if (failed.isFinal() || !retry.mayRetry(attempts)) {
      change(row, "failed", row.priority(), 0, attempts, failed.error());
      ended(row);
      flush();
      return true;
    }
    long pauseMillis = pauseMillis(retry, attempts, false);
    change(row, "delayed", lower(row), pauseMillis, attempts, failed.error());
    return false;
  }

  /** Without anything that could not be written: it ends, and its batch does not hear of it. */
  void giveUpAlone(PgEntry row, String error) throws SQLException {
    change(row, "failed", row.priority(), 0, row.attempts() + 1, error);
  }

  /** Its attempts are counted already. */
  void giveUpInPlace(PgEntry row, String error) throws SQLException {
    change(row, "failed", row.priority(), 0, row.attempts(), error);
    ended(row);
    flush();
  }

  /** To be looked at again; no attempt was made. */
  void delayInPlace(PgEntry row, long pauseMillis) throws SQLException {
    change(row, "delayed", row.priority(), pauseMillis, row.attempts(), null);
  }

  /** Its attempts are counted already. */
  void pendInPlace(PgEntry row) throws SQLException {
    change(row, "pending", row.priority(), 0, row.attempts(), null);
  }

  private void change(
      PgEntry row,
      String state,
      int priority,
      long pauseMillis,
      int attempts,
      @Nullable String error)
      throws SQLException {
    try (PreparedStatement change = connection.prepareStatement(CHANGE)) {
      change.setString(1, state);
      change.setLong(2, pauseMillis);
      change.setInt(3, priority);
      change.setInt(4, attempts);
      change.setString(5, error == null ? null : clean(error));
      change.setLong(6, row.seq());
      change.executeUpdate();
    }
  }

  private static int lower(PgEntry row) {
    return Math.min(EntryName.LAST_PRIORITY, row.priority() + 1);
  }

  private static long pauseMillis(RetryPolicy retry, int attempts, boolean isGivenUp) {
    return isGivenUp ? 0 : retry.pauseMillis(attempts, ThreadLocalRandom.current());
  }

  /** As if it had not been taken, for a while. */
  void delay(PgEntry row, long pauseMillis) throws SQLException {
    forgetNote(row);
    insert(row, "delayed", row.priority(), pauseMillis, row.attempts(), null);
  }

  /** As if it had not been taken. */
  void putBack(PgEntry row) throws SQLException {
    forgetNote(row);
    insert(row, "pending", row.priority(), 0, row.attempts(), null);
  }

  private void forgetNote(PgEntry row) throws SQLException {
    if (row.isNew()) {
      PreparedStatement note = note("DELETE FROM gyre_queue.ledger WHERE id = ?");
      note.setString(1, row.id());
      note.addBatch();
    }
  }

  private void insert(
      PgEntry row,
      String state,
      int priority,
      long pauseMillis,
      int attempts,
      @Nullable String error)
      throws SQLException {
    PreparedStatement note = note(PUT_BACK);
    note.setLong(1, row.seq());
    note.setString(2, row.id());
    note.setString(3, row.operation());
    note.setInt(4, priority);
    note.setString(5, state);
    note.setLong(6, pauseMillis);
    note.setString(7, row.content());
    note.setString(8, row.uniqueKey());
    note.setString(9, row.batch());
    note.setInt(10, attempts);
    note.setString(11, error == null ? null : clean(error));
    note.setLong(12, state.equals("pending") ? row.age().toNanos() / 1000 : 0);
    note.addBatch();
  }

  /** What a column of text takes. */
  static String clean(String text) {
    return text.replace('\0', ' ');
  }

  // ---- sent together

  private PreparedStatement note(String sql) throws SQLException {
    PreparedStatement known = notes.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      notes.put(sql, known);
    }
    return known;
  }

  /** Sends what was noted. */
  void flush() throws SQLException {
    if (notes.isEmpty()) {
      return;
    }
    for (PreparedStatement each : notes.values()) {
      each.executeBatch();
    }
    clear();
  }

  /** Forgets what was not sent. */
  void clear() throws SQLException {
    for (PreparedStatement each : notes.values()) {
      each.close();
    }
    notes.clear();
  }
}
