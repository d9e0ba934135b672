package gyre.queue;

import gyre.insight.text.Plural;
import gyre.queue.Inspection.Counts;
import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.LiveWorker;
import gyre.queue.Inspection.Place;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/** What an operator does with a queue in PostgreSQL. */
final class PostgresInspection implements QueueOperations {
  /** Of a row in {@code workers}. The others are of workers that have ended without a word. */
  private static final String ALIVE =
      "heartbeat_at > clock_timestamp() - interval '" + PgTiming.LEASE.toSeconds() + " seconds'";

  private final PostgresBackend backend;

  PostgresInspection(PostgresBackend backend) {
    this.backend = backend;
  }

  // ---- looking

  @Override
  public Counts counts() {
    return backend.call(
        "count entries of",
        open -> {
          Map<String, Long> states = new LinkedHashMap<>();
          try (Statement look = open.createStatement()) {
            try (ResultSet rows =
                look.executeQuery(
                    "SELECT state, count(*) FROM gyre_queue.entries GROUP BY state UNION ALL"
                        + " SELECT 'completed', count(*) FROM gyre_queue.ledger")) {
              while (rows.next()) {
                states.put(rows.getString(1), rows.getLong(2));
              }
            }
          }
          return new Counts(
              states.getOrDefault("pending", 0L),
              states.getOrDefault("delayed", 0L),
              states.getOrDefault("running", 0L),
              states.getOrDefault("failed", 0L),
              states.getOrDefault("completed", 0L));
        });
  }

  @Override
  public List<LiveWorker> workers() {
    return backend.call(
        "look for workers of",
        open -> {
          List<LiveWorker> alive = new ArrayList<>();
          try (Statement look = open.createStatement();
              ResultSet rows =
                  look.executeQuery(
                      "SELECT worker, host, heartbeat, "
                          + "extract(epoch FROM now() - heartbeat_at)::bigint AS age"
                          + " FROM gyre_queue.workers WHERE "
                          + ALIVE
                          + " ORDER BY worker")) {
            while (rows.next()) {
              Map<String, @Nullable Object> beat = parsed(rows.getString("heartbeat"));
              beat.put("host", rows.getString("host"));
              beat.put("heartbeat_age_seconds", rows.getLong("age"));
              alive.add(new LiveWorker((int) rows.getLong("worker"), beat));
            }
          }
          return alive;
        });
  }

  private static Map<String, @Nullable Object> parsed(String json) {
    try {
      return new LinkedHashMap<>(Json.readObject(json.getBytes(StandardCharsets.UTF_8)));
    } catch (BadEntryException e) {
      return new LinkedHashMap<>();
    }
  }

  @Override
  public List<Item> search(List<Place> places, String text, int limit) {
    return backend.call(
        "search",
        open -> {
          List<Item> found = new ArrayList<>();
          for (Place place : places) {
            if (found.size() < limit) {
              items(open, place, text, limit - found.size(), found);
            }
          }
          return found;
        });
  }

  private static void items(
      PgConnection open, Place place, String text, int limit, List<Item> found)
      throws SQLException {
    boolean isDone = place == Place.COMPLETED;
    String sql =
        (isDone
                ? "SELECT NULL::bigint AS seq, id, priority, content, NULL AS error"
                    + " FROM gyre_queue.ledger WHERE true"
                : "SELECT seq, id, priority, content, error"
                    + " FROM gyre_queue.entries WHERE state = '"
                    + PgRows.state(place)
                    + "'")
            + " AND (? = '' OR strpos(id, ?) > 0 OR strpos(content, ?) > 0"
            + (isDone ? ")" : " OR strpos(error, ?) > 0)")
            + " ORDER BY "
            + (isDone ? "done_at DESC" : "seq")
            + " LIMIT ?";
    try (PreparedStatement look = open.prepareStatement(sql)) {
      int texts = isDone ? 3 : 4;
      for (int i = 1; i <= texts; i++) {
        look.setString(i, text);
      }
      look.setInt(texts + 1, limit);
      try (ResultSet rows = look.executeQuery()) {
        while (rows.next()) {
          found.add(item(rows, place));
        }
      }
    }
  }

  private static Item item(ResultSet rows, Place place) throws SQLException {
    String error = rows.getString("error");
    long seq = rows.getLong("seq");
    return new Item(
        rows.getString("id"),
        place,
        rows.wasNull() ? rows.getString("id") : PgRows.name(seq),
        rows.getInt("priority"),
        rows.getString("content"),
        error == null ? "" : error);
  }

  @Override
  public Optional<Item> find(String id) {
    return backend.call("look for entry " + id + " in", open -> find(open, id));
  }

  private static Optional<Item> find(PgConnection open, String id) throws SQLException {
    try (PreparedStatement look =
        open.prepareStatement(
            // What runs first, then what waits, then what has ended.
            "SELECT state, seq, id, priority, content, error FROM ("
                + "SELECT CASE state WHEN 'running' THEN 0 WHEN 'failed' THEN 2 ELSE 1 END AS rank,"
                + " state, seq, id, priority, content, error FROM gyre_queue.entries"
                + " WHERE id = ? OR seq = ?"
                + " UNION ALL SELECT 3, 'completed', NULL, id, priority, content, NULL"
                + " FROM gyre_queue.ledger WHERE id = ?) AS all_of_it ORDER BY rank, seq LIMIT 1")) {
      look.setString(1, id);
      look.setLong(2, PgRows.seq(id).orElse(-1));
      look.setString(3, id);
      try (ResultSet rows = look.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        return Optional.of(item(rows, PgRows.place(rows.getString("state"))));
      }
    }
  }

  // ---- changing

  @Override
  public boolean retry(String id) {
    return backend.call(
        "retry entry " + id + " of",
        open -> {
          boolean isFound = false;
          for (PgRows.Named each : PgRows.named(open, "retry", id, PgRows.RETRIED)) {
            isFound |= PgRows.retry(open, each);
          }
          return isFound;
        });
  }

  @Override
  public boolean discard(String id) {
    return backend.call(
        "discard entry " + id + " of",
        open -> {
          boolean isFound = false;
          for (PgRows.Named each : PgRows.named(open, "discard", id, PgRows.DISCARDED)) {
            isFound |= PgRows.discard(open, each);
          }
          return isFound;
        });
  }

  @Override
  public void pause(String operation) {
    change(
        "pause",
        "INSERT INTO gyre_queue.paused (operation) VALUES (?) ON CONFLICT DO NOTHING",
        operation);
  }

  @Override
  public boolean resume(String operation) {
    return change("resume", "DELETE FROM gyre_queue.paused WHERE operation = ?", operation);
  }

  private boolean change(String what, String sql, String operation) {
    return backend.call(
        what,
        open -> {
          try (PreparedStatement statement = open.prepareStatement(sql)) {
            statement.setString(1, operation);
            boolean isChanged = statement.executeUpdate() > 0;
            PgUpkeep.notify(open, PgListener.PAUSED);
            return isChanged;
          }
        });
  }

  @Override
  public boolean isPaused() {
    return backend.call(
        "look at",
        open -> {
          try (Statement look = open.createStatement();
              ResultSet rows =
                  look.executeQuery("SELECT 1 FROM gyre_queue.paused WHERE operation = ''")) {
            return rows.next();
          }
        });
  }

  @Override
  public List<String> drain() {
    List<String> lines = new ArrayList<>();
    for (LiveWorker each : workers()) {
      lines.add(
          "worker "
              + each.slot()
              + " on "
              + each.heartbeat().get("host")
              + " was asked to drain and end");
    }
    backend.call(
        "drain",
        open -> {
          // The rows say it, to those who may write them; the notification only wakes.
          try (Statement ask = open.createStatement()) {
            ask.executeUpdate("UPDATE gyre_queue.workers SET drains = true");
          }
          PgUpkeep.notify(open, PgListener.DRAIN);
          return true;
        });
    return lines;
  }

  // ---- reports

  @Override
  public String json() {
    Counts counts = counts();
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("database", backend.database().toString());
    all.put("pending", counts.pending());
    all.put("delayed", counts.delayed());
    all.put("processing", counts.processing());
    all.put("failed", counts.failed());
    all.put("completed", counts.completed());
    all.put("paused", isPaused());
    all.put("workers", workers().stream().map(LiveWorker::heartbeat).toList());
    all.put("findings", findings());
    return Json.write(all);
  }

  @Override
  public List<String> report() {
    Counts counts = counts();
    List<String> lines = new ArrayList<>();
    lines.add("queue       " + backend.database() + (isPaused() ? "   PAUSED" : ""));
    lines.add("pending     " + counts.pending());
    lines.add("delayed     " + counts.delayed());
    lines.add("processing  " + counts.processing());
    lines.add("failed      " + counts.failed());
    lines.add("completed   " + counts.completed());
    for (LiveWorker each : workers()) {
      Map<String, @Nullable Object> beat = each.heartbeat();
      lines.add(
          "worker "
              + each.slot()
              + "    pid "
              + beat.get("pid")
              + " on "
              + beat.get("host")
              + ", "
              + beat.get("entries_processed")
              + " done, "
              + beat.get("entries_failed")
              + " failed, last sign of life "
              + beat.get("heartbeat_age_seconds")
              + " s ago");
    }
    lines.addAll(findings());
    return lines;
  }

  @Override
  public List<String> findings() {
    List<String> findings = new ArrayList<>();
    Counts counts = counts();
    List<LiveWorker> alive = workers();
    if (alive.isEmpty()) {
      InspectionReport.ofNoWorker(counts, findings);
    }
    if (isPaused()) {
      findings.add("the queue is paused: gyre queue resume");
    }
    if (counts.failed() > 0) {
      findings.add(InspectionReport.givenUp(counts.failed()));
    }
    for (LiveWorker each : alive) {
      if (each.heartbeat().get("trouble") instanceof String trouble && !trouble.isEmpty()) {
        findings.add("worker " + each.slot() + " can't use the database: " + trouble);
      }
    }
    findings.addAll(silent());
    findings.addAll(nobodyHandles());
    return findings;
  }

  /** Workers that ended without a word, or can't reach the database. */
  private List<String> silent() {
    return backend.call(
        "look for workers of",
        open -> {
          List<String> findings = new ArrayList<>();
          try (Statement look = open.createStatement();
              ResultSet rows =
                  look.executeQuery(
                      "SELECT worker, host, pid, extract(epoch FROM now() - heartbeat_at)::bigint"
                          + " FROM gyre_queue.workers WHERE NOT "
                          + ALIVE
                          + " ORDER BY worker LIMIT 100")) {
            while (rows.next()) {
              findings.add(
                  "worker "
                      + rows.getLong(1)
                      + " (process "
                      + rows.getLong(3)
                      + " on "
                      + rows.getString(2)
                      + ") gave no sign of life for "
                      + rows.getLong(4)
                      + " s: it has ended, or can't reach the database");
            }
          }
          return findings;
        });
  }

  /** An entry without a handler waits for a worker that has one: so somebody must say so. */
  private List<String> nobodyHandles() {
    return backend.call(
        "look at",
        open -> {
          List<String> findings = new ArrayList<>();
          try (Statement look = open.createStatement();
              ResultSet rows =
                  look.executeQuery(
                      "SELECT operation, count(*) FROM gyre_queue.entries e WHERE state = 'pending'"
                          + " AND EXISTS (SELECT 1 FROM gyre_queue.workers WHERE "
                          + ALIVE
                          + ") AND NOT EXISTS (SELECT 1 FROM gyre_queue.workers w"
                          + " WHERE e.operation = ANY (w.operations) AND "
                          + ALIVE
                          + ")"
                          + " GROUP BY operation ORDER BY operation")) {
            while (rows.next()) {
              findings.add(
                  Plural.of(rows.getLong(2), "entry waits", "entries wait")
                      + " for the operation \""
                      + rows.getString(1)
                      + "\", which no worker handles: add [handlers."
                      + rows.getString(1)
                      + "] to the configuration of one");
            }
          }
          return findings;
        });
  }
}
