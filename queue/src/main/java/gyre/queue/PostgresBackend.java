package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/** Tables of a PostgreSQL database. Any thread; calls take turns on one connection. */
final class PostgresBackend implements Backend {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** What is done with the connection. */
  @FunctionalInterface
  interface Work<R extends @Nullable Object> {
    R on(PgConnection connection) throws SQLException;
  }

  private final PgDatabase database;
  private @Nullable PgConnection connection;

  PostgresBackend(PgDatabase database) {
    this.database = database;
  }

  PgDatabase database() {
    return database;
  }

  /** In one transaction. A connection that was lost is opened anew by the next call. */
  synchronized <R extends @Nullable Object> R call(String operation, Work<R> work) {
    try {
      PgConnection open = ready();
      try {
        R result = work.on(open);
        open.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollback(open);
        throw e;
      }
    } catch (SQLException e) {
      throw new QueueException(
          operation + " " + database + ": " + PgErrors.explain(e) + hint(e), e);
    }
  }

  private static String hint(SQLException e) {
    return switch (PgErrors.state(e)) {
      case "08001" -> " Is the server running, and does the URL name its host and port?";
      case "28P01", "28000" -> " Give user and password in the URL or by PGUSER and PGPASSWORD.";
      case "3D000" -> " Make it by createdb.";
      case "42501" -> " Let an owner of the database run gyre queue work once, which makes them.";
      default -> "";
    };
  }

  private PgConnection ready() throws SQLException {
    PgConnection open = connection;
    if (open == null || open.isClosed()) {
      open = database.open("gyre queue", LIMIT, LIMIT);
      connection = open;
      PgSchema.create(open);
      open.setAutoCommit(false);
    }
    return open;
  }

  private void rollback(PgConnection open) {
    try {
      open.rollback();
    } catch (SQLException e) {
      close();
    }
  }

  @Override
  public Enqueued enqueue(Job job) {
    String id = call("enqueue into", open -> PgEnqueue.insert(open, job));
    return new Enqueued(id, id, () -> end(id));
  }

  @Override
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    List<String> ids =
        call(
            "enqueue into",
            open -> {
              List<String> all = new ArrayList<>(jobs.size());
              for (Job each : jobs) {
                all.add(PgEnqueue.insert(open, each));
              }
              return all;
            });
    return ids.stream().map(id -> new Enqueued(id, id, () -> end(id))).toList();
  }

  private Optional<JobEnd> end(String id) {
    return call("look for entry " + id + " in", open -> end(open, id));
  }

  private static Optional<JobEnd> end(PgConnection open, String id) throws SQLException {
    try (PreparedStatement look =
        open.prepareStatement(
            "SELECT true, result, '' FROM gyre_queue.ledger WHERE id = ? UNION ALL"
                + " SELECT false, NULL, error FROM gyre_queue.entries"
                + " WHERE id = ? AND state = 'failed' LIMIT 1")) {
      look.setString(1, id);
      look.setString(2, id);
      try (ResultSet rows = look.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        String result = rows.getString(2);
        String error = rows.getString(3);
        return Optional.of(
            new JobEnd(
                rows.getBoolean(1),
                error == null ? "" : error,
                result == null ? null : Job.value(result)));
      }
    }
  }

  @Override
  public void openBatch(String batch, int size, Job callback) {
    if (size < 1) {
      throw new IllegalArgumentException("a batch has 1 entry or more: " + size);
    }
    call(
        "open batch " + batch + " in",
        open -> {
          try (PreparedStatement insert =
              open.prepareStatement(
                  "INSERT INTO gyre_queue.batches VALUES (?, ?, ?) ON CONFLICT (batch)"
                      + " DO UPDATE SET size = excluded.size, callback = excluded.callback")) {
            insert.setString(1, batch);
            insert.setInt(2, size);
            insert.setString(3, callback.toFields());
            return insert.executeUpdate();
          }
        });
  }

  @Override
  public QueueOperations operations() {
    return new PostgresInspection(this);
  }

  @Override
  public QueueWorker worker(WorkerOptions options) {
    return new PostgresWorker(database, options, PgTiming.LEASE);
  }

  @Override
  public synchronized void close() {
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
