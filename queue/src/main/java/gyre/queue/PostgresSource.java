package gyre.queue;

import gyre.queue.Inspection.Place;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A queue that is tables of PostgreSQL. It has two connections: a search that takes long does not
 * hold up looking. A file is called by the number of its row, since several may have one id; what
 * is completed has its id alone.
 */
final class PostgresSource implements DashboardSource {
  /** Counting may take at most this part of the time. */
  private static final int SHARE = 20;

  private static final int SEARCH_SECONDS = 2;

  private static final List<String> SPANS =
      List.of(
          " AND done_at > now() - interval '1 hour'",
          " AND done_at > now() - interval '1 day'",
          "");

  private final PostgresBackend looking;
  private final PostgresBackend asking;
  private final PostgresInspection workers;
  private final PostgresInspection actions;
  private Counted counted = Counted.NONE;
  private long nextCountNanos = System.nanoTime();

  /** Of the last count alone: to open a connection takes nothing from the server each time. */
  private long countNanos;

  private Sample last = Sample.NONE;

  PostgresSource(PgDatabase database) {
    this.looking = new PostgresBackend(database);
    this.asking = new PostgresBackend(database);
    this.workers = new PostgresInspection(looking);
    this.actions = new PostgresInspection(asking);
  }

  @Override
  public String name() {
    return looking.database().toString();
  }

  // ---- looking

  /** What takes longer the more there is. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Counted(long[] pending, Map<String, Long> states, double oldestSeconds) {
    static final Counted NONE = new Counted(new long[EntryName.LAST_PRIORITY + 1], Map.of(), 0);

    long of(String state) {
      return states.getOrDefault(state, 0L);
    }
  }

  @Override
  public Sample look(long nowMillis) {
    long begin = System.nanoTime();
    try {
      countSometimes();
      List<String> paused = looking.call("look at", PostgresSource::paused);
      List<WorkerSample> alive =
          workers.workers().stream().map(each -> sample(each, nowMillis)).toList();
      // Entries of SQL are in a transaction of their worker, where nobody else sees them.
      long atWork = alive.stream().mapToLong(WorkerSample::processing).sum();
      last =
          new Sample(
              nowMillis,
              counted.pending,
              counted.of("delayed"),
              Math.max(counted.of("running"), atWork),
              counted.of("failed"),
              counted.of("completed"),
              counted.oldestSeconds,
              paused.contains(""),
              paused.stream().filter(each -> !each.isEmpty()).toList(),
              alive,
              "",
              tookMillis(begin));
    } catch (QueueException e) {
      last = last.failedNow(nowMillis, String.valueOf(e.getMessage()), tookMillis(begin));
    }
    return last;
  }

  /**
   * What it can't count in time is no fault of the queue: the last figures stay, and it is tried
   * again after a while.
   */
  private void countSometimes() {
    if (System.nanoTime() - nextCountNanos < 0) {
      return;
    }
    countNanos = 0;
    try {
      counted = looking.call("count entries of", this::measuredCount);
    } catch (QueueException e) {
      boolean isTooMuch = e.getCause() instanceof SQLException known && PgErrors.isCanceled(known);
      if (!isTooMuch || counted == Counted.NONE) {
        throw e;
      }
    } finally {
      nextCountNanos = System.nanoTime() + countNanos * SHARE;
    }
  }

  private Counted measuredCount(java.sql.Connection open) throws SQLException {
    long begin = System.nanoTime();
    try {
      return count(open);
    } finally {
      countNanos = System.nanoTime() - begin;
    }
  }

  private static long tookMillis(long begin) {
    return (System.nanoTime() - begin) / 1_000_000;
  }

  /** How old a heartbeat is, is said by the clock of the server: that of its machine may differ. */
  private static WorkerSample sample(Inspection.LiveWorker worker, long nowMillis) {
    Map<String, @Nullable Object> beat = new LinkedHashMap<>(worker.heartbeat());
    if (beat.get("heartbeat_age_seconds") instanceof Number age) {
      beat.put("timestamp", nowMillis / 1000 - age.longValue());
    }
    return WorkerSample.of(new Inspection.LiveWorker(worker.slot(), beat));
  }

  private static Counted count(java.sql.Connection open) throws SQLException {
    long[] pending = new long[EntryName.LAST_PRIORITY + 1];
    Map<String, Long> states = new LinkedHashMap<>();
    double oldest = 0;
    try (Statement look = open.createStatement();
        ResultSet rows =
            look.executeQuery(
                "SELECT state, priority, count(*),"
                    + " extract(epoch FROM now() - min(changed_at))::float8"
                    + " FROM gyre_queue.entries GROUP BY state, priority UNION ALL"
                    + " SELECT 'completed', 0, count(*), 0 FROM gyre_queue.ledger")) {
      while (rows.next()) {
        String state = rows.getString(1);
        states.merge(state, rows.getLong(3), Long::sum);
        if (state.equals("pending")) {
          pending[rows.getInt(2)] += rows.getLong(3);
          oldest = Math.max(oldest, rows.getDouble(4));
        }
      }
    }
    return new Counted(pending, states, oldest);
  }

  private static List<String> paused(java.sql.Connection open) throws SQLException {
    List<String> operations = new ArrayList<>();
    try (Statement look = open.createStatement();
        ResultSet rows =
            look.executeQuery("SELECT operation FROM gyre_queue.paused ORDER BY 1 LIMIT 100")) {
      while (rows.next()) {
        operations.add(rows.getString(1));
      }
    }
    return operations;
  }

  // ---- entries

  @Override
  public Found search(Query query) {
    return asking.call("search", open -> search(open, query));
  }

  private static String columns(Place place) {
    return place == Place.COMPLETED
        ? "SELECT id AS name, id, priority, content, '' AS error, done_at AS at, NULL AS due_at,"
            + " 1 AS attempts FROM gyre_queue.ledger WHERE true"
        : "SELECT '#' || seq AS name, id, priority, content, coalesce(error, '') AS error,"
            + " changed_at AS at, due_at, attempts FROM gyre_queue.entries WHERE state = '"
            + PgRows.state(place)
            + "'";
  }

  private static String order(Place place) {
    return switch (place) {
      case PENDING -> "priority, seq";
      case DELAYED -> "due_at";
      case PROCESSING -> "seq";
      case FAILED -> "changed_at DESC";
      case COMPLETED -> "done_at DESC";
    };
  }

  /**
   * What is completed is read in growing spans of time, the last hour first: to sort all of it, of
   * which only the first are wanted, would take too long.
   */
  private static Found search(java.sql.Connection open, Query query) throws SQLException {
    if (query.place() != Place.COMPLETED) {
      return searchOrCut(open, query, "", new Found(List.of(), 0, true));
    }
    Found found = new Found(List.of(), 0, true);
    for (String span : SPANS) {
      found = searchOrCut(open, query, span, found);
      if (found.isCut()) {
        return found;
      }
    }
    return found;
  }

  /** {@code otherwise}, marked as cut, where it takes too long. */
  private static Found searchOrCut(
      java.sql.Connection open, Query query, String span, Found otherwise) throws SQLException {
    java.sql.Savepoint before = open.setSavepoint();
    try {
      return search(open, query, span);
    } catch (SQLException e) {
      if (!PgErrors.isCanceled(e)) {
        throw e;
      }
      open.rollback(before);
      return new Found(otherwise.rows(), otherwise.looked(), true);
    }
  }

  private static Found search(java.sql.Connection open, Query query, String span)
      throws SQLException {
    String error = query.place() == Place.COMPLETED ? "''" : "coalesce(error, '')";
    String sql =
        columns(query.place())
            + span
            + " AND (? = '' OR strpos(lower(id || ' ' || content || ' ' || "
            + error
            + "), ?) > 0) AND (? = '' OR operation = ?) AND (? = 0 OR priority = ?) ORDER BY "
            + order(query.place())
            + " LIMIT ?";
    try (PreparedStatement look = open.prepareStatement(sql)) {
      look.setQueryTimeout(SEARCH_SECONDS);
      look.setString(1, query.text());
      look.setString(2, query.text());
      look.setString(3, query.operation());
      look.setString(4, query.operation());
      look.setInt(5, query.priority());
      look.setInt(6, query.priority());
      look.setInt(7, query.limit() + 1);
      List<Row> rows = new ArrayList<>();
      try (ResultSet found = look.executeQuery()) {
        while (found.next()) {
          rows.add(row(found, rows.size()));
        }
      }
      boolean isCut = rows.size() > query.limit();
      return new Found(isCut ? rows.subList(0, query.limit()) : rows, rows.size(), isCut);
    }
  }

  private static Row row(ResultSet found, int order) throws SQLException {
    java.sql.Timestamp due = found.getTimestamp("due_at");
    return new Row(
        order,
        found.getString("name"),
        found.getString("id"),
        found.getInt("priority"),
        found.getString("content"),
        found.getString("error"),
        found.getTimestamp("at").getTime(),
        due == null ? 0 : due.getTime());
  }

  @Override
  public Optional<Map<String, @Nullable Object>> detail(Place place, String file) {
    return asking.call("look for entry " + file + " in", open -> detail(open, place, file));
  }

  private static Optional<Map<String, @Nullable Object>> detail(
      java.sql.Connection open, Place place, String file) throws SQLException {
    boolean isDone = place == Place.COMPLETED;
    OptionalLong seq = PgRows.seq(file);
    if (!isDone && seq.isEmpty()) {
      return Optional.empty();
    }
    try (PreparedStatement look =
        open.prepareStatement(columns(place) + (isDone ? " AND id = ?" : " AND seq = ?"))) {
      if (isDone) {
        look.setString(1, file);
      } else {
        look.setLong(1, seq.getAsLong());
      }
      try (ResultSet found = look.executeQuery()) {
        if (!found.next()) {
          return Optional.empty();
        }
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("id", found.getString("id"));
        fields.put("priority", found.getInt("priority"));
        fields.put("error", found.getString("error"));
        fields.put("content", found.getString("content"));
        fields.put("attempts", found.getInt("attempts"));
        fields.put(
            "failed_at",
            place == Place.FAILED ? found.getTimestamp("at").toInstant().toString() : null);
        return Optional.of(fields);
      }
    }
  }

  // ---- doing

  @Override
  public boolean retry(Place place, String file) {
    OptionalLong seq = PgRows.seq(file);
    return PgRows.RETRIED.contains(place)
        && seq.isPresent()
        && asking.call(
            "retry entry " + file + " of",
            open -> PgRows.retry(open, new PgRows.Named(seq.getAsLong(), place)));
  }

  /** One that can't be, as its unique key is taken, does not stop the others. */
  @Override
  public int retryAll(int limit) {
    int done = 0;
    for (Row each : search(new Query(Place.FAILED, "", "", 0, limit)).rows()) {
      try {
        done += retry(Place.FAILED, each.file()) ? 1 : 0;
      } catch (QueueException e) {
        if (!PgRows.isTaken(e)) {
          throw e;
        }
      }
    }
    return done;
  }

  @Override
  public boolean discard(Place place, String file) {
    OptionalLong seq = PgRows.seq(file);
    return PgRows.DISCARDED.contains(place)
        && seq.isPresent()
        && asking.call(
            "discard entry " + file + " of",
            open -> PgRows.discard(open, new PgRows.Named(seq.getAsLong(), place)));
  }

  @Override
  public void pause(String operation) {
    actions.pause(operation);
  }

  @Override
  public boolean resume(String operation) {
    return actions.resume(operation);
  }

  @Override
  public void close() {
    looking.close();
    asking.close();
  }
}
