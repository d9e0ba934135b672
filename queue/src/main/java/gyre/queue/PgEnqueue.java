package gyre.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Puts a row into {@code entries}, in the transaction that is open, and notifies the workers. */
final class PgEnqueue {
  /**
   * One journey to the server, by whose clock an entry waits. No row comes back where the unique
   * key is taken.
   */
  private static final String INSERT =
      """
      WITH entry AS (
        INSERT INTO gyre_queue.entries
          (id, operation, priority, state, due_at, content, unique_key, batch)
        SELECT ?, ?, ?, CASE WHEN due > clock_timestamp() THEN 'delayed' ELSE 'pending' END,
          due, ?, ?, ?
        FROM (SELECT coalesce(?::timestamptz,
          clock_timestamp() + ?::bigint * interval '1 millisecond') AS due) AS time
        ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND state <> 'failed' DO NOTHING
        RETURNING seq, state)
      SELECT seq, pg_notify('gyre_queue', CASE state WHEN 'delayed' THEN 'delayed' ELSE '' END)
      FROM entry
      """;

  /** One with the key that is executed just now is waited for so long, in case it ends. */
  private static final String LIMITED = "SET LOCAL lock_timeout = 500;" + INSERT;

  private static final String LOCK_TIMEOUT = "55P03";

  private PgEnqueue() {}

  /**
   * Returns the id.
   *
   * @throws DuplicateJobException if one with its unique key waits or is executed; the transaction
   *     can then only be rolled back
   */
  static String insert(Connection connection, Job job) throws SQLException {
    String id = job.text("id").isEmpty() ? UUID.randomUUID().toString() : job.text("id");
    String content = job.toJson(0, id, Instant.now());
    Entry entry = check(content);
    boolean isUnique = !entry.uniqueKey().isEmpty();
    try (PreparedStatement insert = connection.prepareStatement(isUnique ? LIMITED : INSERT)) {
      insert.setString(1, id);
      insert.setString(2, entry.operation());
      insert.setInt(3, job.priority());
      insert.setString(4, content);
      insert.setString(5, emptyIsNull(entry.uniqueKey()));
      insert.setString(6, emptyIsNull(entry.batch()));
      setDue(insert, job);
      boolean isRows = insert.execute();
      if (!isRows) {
        insert.getMoreResults();
      }
      try (ResultSet rows = insert.getResultSet()) {
        if (!rows.next()) {
          throw new DuplicateJobException(entry.uniqueKey());
        }
      }
    } catch (SQLException e) {
      if (isUnique && PgErrors.state(e).equals(LOCK_TIMEOUT)) {
        throw new DuplicateJobException(entry.uniqueKey());
      }
      throw e;
    }
    if (isUnique) {
      PgBatch.run(connection, "SET LOCAL lock_timeout TO DEFAULT");
    }
    return id;
  }

  /** A time as it was named; a pause as what is left of it. */
  private static void setDue(PreparedStatement insert, Job job) throws SQLException {
    Instant due = job.due();
    insert.setObject(7, due == null || job.isPause() ? null : due.atOffset(ZoneOffset.UTC));
    if (due != null && job.isPause()) {
      insert.setLong(8, Duration.between(Instant.now(), due).toMillis());
    } else {
      insert.setNull(8, Types.BIGINT);
    }
  }

  private static @Nullable String emptyIsNull(String text) {
    return text.isEmpty() ? null : text;
  }

  /** What a worker would refuse is refused here, where somebody sees it. */
  private static Entry check(String content) {
    try {
      return EntryReader.parse(content.getBytes(java.nio.charset.StandardCharsets.UTF_8), () -> "");
    } catch (BadEntryException e) {
      throw new QueueException("enqueue: " + e.getMessage(), e);
    }
  }
}
