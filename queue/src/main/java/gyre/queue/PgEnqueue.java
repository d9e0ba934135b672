package gyre.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Puts a row into {@code entries}, in the transaction that is open, and notifies the workers. */
final class PgEnqueue {
  /** One journey to the server. No row comes back where the unique key is taken. */
  private static final String INSERT =
      """
      WITH entry AS (
        INSERT INTO gyre_queue.entries
          (id, operation, priority, state, due_at, content, unique_key, batch)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND state <> 'failed' DO NOTHING
        RETURNING seq)
      SELECT seq, pg_notify('gyre_queue', ?) FROM entry
      """;

  private PgEnqueue() {}

  /** Returns the id. */
  static String insert(Connection connection, Job job) throws SQLException {
    String id = job.text("id").isEmpty() ? UUID.randomUUID().toString() : job.text("id");
    String content = job.toJson(0, id, Instant.now());
    Entry entry = check(content);
    Instant due = job.due();
    boolean isDelayed = due != null && due.isAfter(Instant.now());
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, id);
      insert.setString(2, entry.operation());
      insert.setInt(3, job.priority());
      insert.setString(4, isDelayed ? "delayed" : "pending");
      insert.setObject(5, due == null ? null : due.atOffset(ZoneOffset.UTC));
      insert.setString(6, content);
      insert.setString(7, emptyIsNull(entry.uniqueKey()));
      insert.setString(8, emptyIsNull(entry.batch()));
      insert.setString(9, isDelayed ? PgListener.DELAYED : "");
      try (ResultSet rows = insert.executeQuery()) {
        if (!rows.next()) {
          throw new DuplicateJobException(entry.uniqueKey());
        }
      }
    }
    return id;
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
