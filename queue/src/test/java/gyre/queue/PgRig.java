package gyre.queue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.postgresql.jdbc.PgConnection;

/** Parts of a worker on PostgreSQL that a test calls one by one, and a second pair of eyes. */
final class PgRig implements AutoCloseable {
  final String url;
  final PostgresBackend backend;
  final PgShared shared;
  final PgExecutor executor;
  volatile QueueConfig config = config(0);

  PgRig(String url, Path directory) {
    this(url, directory, false);
  }

  PgRig(String url, Path directory, boolean isOnce) {
    this.url = url;
    this.backend = new PostgresBackend(PgDatabase.of(url, Map.of()));
    this.shared =
        new PgShared(
            backend.database(),
            new PgTiming(Duration.ofSeconds(30), Duration.ofSeconds(1)),
            () -> config,
            new WorkerStats(),
            new WorkerLog(directory.resolve("worker.log"), new PrintWriter(new StringWriter())),
            1,
            isOnce);
    this.executor = new PgExecutor(shared, 0);
    backend.operations().counts(); // makes the tables
  }

  static QueueConfig config(int retries, Kind... kinds) {
    return config(retries, List.of(), kinds);
  }

  static QueueConfig config(int retries, List<QueueConfig.Recurring> recurring, Kind... kinds) {
    QueueConfig usual = QueueConfig.DEFAULT;
    RetryPolicy retry = new RetryPolicy(retries, Duration.ZERO, Duration.ZERO);
    Map<String, Kind> all = new LinkedHashMap<>();
    all.put(Entry.SQL, new Kind(Entry.SQL, new Kind.Sql(), 1, 0, usual.sqlTimeout(), retry));
    for (Kind each : kinds) {
      all.put(each.operation(), each);
    }
    return new QueueConfig(
        usual.batch(),
        usual.drainEntries(),
        usual.drainTime(),
        usual.maxEntryBytes(),
        usual.sqlTimeout(),
        retry,
        usual.cleanupAfter(),
        usual.ledgerKept(),
        all,
        recurring);
  }

  static Kind kind(String operation, int concurrency) {
    QueueHandler none =
        new QueueHandler() {
          @Override
          public String operation() {
            return operation;
          }

          @Override
          public Object handle(QueueTask task) {
            return "";
          }
        };
    return new Kind(
        operation,
        new Kind.Java(none),
        concurrency,
        0,
        Duration.ofSeconds(30),
        new RetryPolicy(0, Duration.ZERO, Duration.ZERO));
  }

  /** As {@code clear} of the database, for the next test. */
  void clear() {
    query(
        "TRUNCATE gyre_queue.entries, gyre_queue.ledger, gyre_queue.workers, gyre_queue.paused,"
            + " gyre_queue.batches, gyre_queue.batch_ends, gyre_queue.recurring, gyre_queue.upkeep RESTART IDENTITY;"
            + " DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (n INTEGER)");
  }

  /** A row as somebody else may write it; whatever waits is due. */
  void sql(String id, String sql) {
    backend.enqueue(Job.sql(sql).id(id));
  }

  /** Until that is so; what is delayed is pulled forward. */
  void roundsUntil(String condition) {
    for (int i = 0; i < 60; i++) {
      try {
        executor.round();
      } catch (SQLException e) {
        executor.close();
      }
      if (is(condition)) {
        return;
      }
      query("UPDATE gyre_queue.entries SET state = 'pending' WHERE state = 'delayed'");
    }
    throw new AssertionError("is not so after 60 rounds: " + condition);
  }

  boolean is(String condition) {
    return first("SELECT " + condition).equals("t");
  }

  static String done(String id) {
    return "EXISTS (SELECT 1 FROM gyre_queue.ledger WHERE id = '" + id + "')";
  }

  static String failed(String id) {
    return "EXISTS (SELECT 1 FROM gyre_queue.entries WHERE state = 'failed' AND id = '" + id + "')";
  }

  String error(String id) {
    return first("SELECT error FROM gyre_queue.entries WHERE id = '" + id + "'");
  }

  List<String> query(String sql) {
    return backend.call("test", open -> PostgresServer.query(open, sql));
  }

  String first(String sql) {
    List<String> rows = query(sql);
    return rows.isEmpty() || rows.getFirst() == null ? "" : rows.getFirst();
  }

  /** Another connection, in a transaction. */
  PgConnection other(String name) throws SQLException {
    PgConnection other =
        backend.database().open(name, Duration.ofSeconds(60), Duration.ofSeconds(60));
    other.setAutoCommit(false);
    return other;
  }

  /** On a thread of its own, which may block. */
  static CompletableFuture<Void> aside(java.util.concurrent.Callable<?> body) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            body.call();
            ended.complete(null);
          } catch (Throwable e) {
            ended.completeExceptionally(e);
          }
        });
    return ended;
  }

  @Override
  public void close() {
    executor.close();
    backend.close();
  }
}
