package gyre.queue;

import gyre.insight.text.Plural;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
      R result;
      try {
        result = work.on(open);
      } catch (SQLException | RuntimeException e) {
        rollback(open);
        throw e;
      }
      commit(operation, open);
      return result;
    } catch (SQLException e) {
      throw new QueueException(
          operation + " " + database + ": " + PgErrors.explain(e) + hint(e), e);
    }
  }

  /** Where its answer does not come nobody here knows whether it was done. */
  private void commit(String operation, PgConnection open) throws SQLException {
    try {
      open.commit();
    } catch (SQLException e) {
      rollback(open);
      if (!PgErrors.isTrouble(e)) {
        throw e; // the server says that it was not
      }
      throw new QueueException(
          operation
              + " "
              + database
              + ", which may be done or not, since no answer came: "
              + PgErrors.explain(e),
          e);
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
      try {
        PgSchema.create(open);
        open.setAutoCommit(false);
      } catch (SQLException e) {
        open.close();
        throw e;
      }
      connection = open; // not before it is ready: else the next call would have half of it
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
    // Made here, so that who can't know whether it was enqueued can enqueue the same again.
    Job named = named(job);
    String id = named.text("id");
    String inserted = call("enqueue entry " + id + " into", open -> PgEnqueue.insert(open, named));
    return new Enqueued(inserted, inserted, () -> end(inserted));
  }

  private static Job named(Job job) {
    return job.text("id").isEmpty() ? job.id(UUID.randomUUID().toString()) : job;
  }

  /** Each in a transaction of its own. */
  @Override
  public void enqueueEach(List<Job> jobs, Map<Integer, Enqueued> durable) {
    for (int i = 0; i < jobs.size(); i++) {
      durable.put(i, enqueue(jobs.get(i)));
    }
  }

  @Override
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    List<Job> named = jobs.stream().map(PostgresBackend::named).toList();
    String first = named.isEmpty() ? "none" : named.getFirst().text("id");
    List<String> ids =
        call(
            "enqueue "
                + Plural.of(named.size(), "entry", "entries")
                + ", of which the first is "
                + first
                + ", into",
            open -> {
              List<String> all = new ArrayList<>(named.size());
              for (Job each : named) {
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
    if (batch.length() > EntryReader.NAME_LIMIT) {
      throw new IllegalArgumentException(
          "the name of a batch has at most " + EntryReader.NAME_LIMIT + " characters: " + batch);
    }
    call(
        "open batch " + batch + " in",
        open -> {
          try (PreparedStatement insert =
              open.prepareStatement(
                  "INSERT INTO gyre_queue.batches (batch, size, callback, callback_due)"
                      + " VALUES (?, ?, ?, ?) ON CONFLICT (batch)"
                      + " DO UPDATE SET size = excluded.size, callback = excluded.callback,"
                      + " callback_due = excluded.callback_due")) {
            insert.setString(1, batch);
            insert.setInt(2, size);
            insert.setString(3, callback.toFields());
            Instant due = callback.due();
            insert.setObject(4, due == null ? null : due.atOffset(ZoneOffset.UTC));
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
