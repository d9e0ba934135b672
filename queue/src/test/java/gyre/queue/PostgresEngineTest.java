package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the thread promises that claims and executes rows of PostgreSQL. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresEngineTest extends EngineConformance {
  private static final PostgresServer SERVER = PostgresServer.shared();
  private static final String URL = SERVER.database();

  private QueueConfig config = ofRetries(new RetryPolicy(0, Duration.ZERO, Duration.ZERO));

  /** Rows are enqueued, and rounds are made until none of them is pending. */
  private final class PostgresRig implements Rig {
    private final PostgresBackend backend = new PostgresBackend(PgDatabase.of(URL, Map.of()));
    private final PgShared shared =
        new PgShared(
            backend.database(),
            new PgTiming(Duration.ofSeconds(30), Duration.ofSeconds(1)),
            () -> config,
            new WorkerStats(),
            new WorkerLog(directory.resolve("worker.log"), new PrintWriter(new StringWriter())),
            1,
            false);
    private final PgExecutor executor = new PgExecutor(shared, 0);

    @Override
    public List<Outcome> execute(List<Sample> samples) {
      Set<String> known = new HashSet<>();
      for (Sample each : samples) {
        if (isDone(each.id())) {
          known.add(each.id());
        }
        query(
            "INSERT INTO gyre_queue.entries (id, operation, content, batch) VALUES ("
                + quoted(each.id())
                + ", 'sql', "
                + quoted(each.json())
                + ", ("
                + quoted(each.json())
                + "::json) ->> 'batch')");
      }
      rounds();
      List<Outcome> outcomes = new ArrayList<>();
      for (Sample each : samples) {
        outcomes.add(known.contains(each.id()) ? new Outcome.Duplicate() : outcome(each.id()));
      }
      query("DELETE FROM gyre_queue.entries WHERE state <> 'pending'");
      return outcomes;
    }

    private void rounds() {
      for (int i = 0; i < 100; i++) {
        try {
          executor.round();
        } catch (SQLException e) {
          throw new AssertionError(e);
        }
        if (first("SELECT count(*) FROM gyre_queue.entries WHERE state = 'pending'").equals("0")) {
          return;
        }
      }
      throw new AssertionError("entries stay pending");
    }

    private Outcome outcome(String id) {
      String state =
          first("SELECT state || '|' || error FROM gyre_queue.entries WHERE id = " + quoted(id));
      if (!state.isEmpty()) {
        return new Outcome.Failed(state, state.startsWith("failed"));
      }
      assertThat(isDone(id)).as(id).isTrue();
      String result = first("SELECT result FROM gyre_queue.ledger WHERE id = " + quoted(id));
      return new Outcome.Done(result.isEmpty() ? null : Job.value(result));
    }

    @Override
    public boolean isDone(String id) {
      return first("SELECT count(*) FROM gyre_queue.ledger WHERE id = " + quoted(id)).equals("1");
    }

    @Override
    public long finishedOfBatch(String batch) {
      return Long.parseLong(
          first("SELECT count(*) FROM gyre_queue.batch_ends WHERE batch = " + quoted(batch)));
    }

    @Override
    public void prune(Instant before) {
      query("UPDATE gyre_queue.ledger SET done_at = done_at + (now() - '" + before + "')");
      query("UPDATE gyre_queue.ledger SET done_at = done_at - interval '7 days'");
      backend.call(
          "clean up",
          open -> {
            PgUpkeep.cleanUp(open, config);
            return true;
          });
    }

    private String quoted(String text) {
      return "'" + text.replace("'", "''") + "'";
    }

    private List<String> query(String sql) {
      return backend.call("test", open -> PostgresServer.query(open, sql));
    }

    private String first(String sql) {
      List<String> rows = query(sql);
      return rows.isEmpty() || rows.getFirst() == null ? "" : rows.getFirst();
    }

    @Override
    public void close() {
      executor.close();
      backend.close();
    }
  }

  @Override
  Rig open(Path directory) {
    return new PostgresRig();
  }

  @Override
  void clear() {
    try (PostgresRig rig = new PostgresRig()) {
      rig.query("TRUNCATE gyre_queue.entries, gyre_queue.ledger, gyre_queue.batch_ends");
      rig.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TEMP TABLE x (n INTEGER)",
        "SELECT set_config('search_path', 'pg_catalog', false)",
        "SELECT pg_advisory_lock(7)",
        "DO $$ BEGIN PERFORM set_config('search_path', 'pg_catalog', false); END $$",
      })
  void shouldLetNothingOfTheSessionReachTheNextEntry(String sql) {
    List<Outcome> outcomes =
        engine.execute(
            List.of(
                sql("a", "INSERT INTO t VALUES (1)"),
                sql("b", sql),
                sql("c", "INSERT INTO t VALUES (2)")));
    assertThat(outcomes).allMatch(each -> each instanceof Outcome.Done);
    assertThat(run("CREATE TABLE x (n INTEGER)")).isInstanceOf(Outcome.Done.class);
    assertThat(query("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'"))
        .contains(":0");
    assertThat(all()).isEqualTo("1,2");
  }

  @Test
  void shouldBlameTheEntryThatFailsAtCommit() {
    run("CREATE TABLE u (n INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    run("INSERT INTO u VALUES (1)");
    List<Outcome> outcomes =
        engine.execute(
            List.of(
                sql("a", "INSERT INTO t VALUES (1)"),
                sql("bad", "INSERT INTO u VALUES (1)"),
                sql("c", "INSERT INTO t VALUES (2)")));
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1).toString()).contains("duplicate key");
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("1,2");
  }

  @Test
  void shouldEndAQueryThatNeverEnds() {
    // The limit of each statement of the session: also of the queue's own, on a busy machine.
    config = ofTimeout(Duration.ofSeconds(2));
    List<Outcome> outcomes =
        engine.execute(
            List.of(
                sql("a", "INSERT INTO t VALUES (1)"),
                sql("b", "SELECT pg_sleep(600)"),
                sql("c", "INSERT INTO t VALUES (2)")));
    assertThat(outcomes.get(1).toString()).contains("raise sql_timeout_seconds");
    assertThat(all()).isEqualTo("1,2");
  }

  @Test
  void shouldTakeDollarQuotesFunctionsAndOperatorsAsTheyAre() {
    assertThat(
            run(
                "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS $f$ BEGIN RETURN 5; END $f$;"
                    + " INSERT INTO t SELECT f(); CREATE FUNCTION g() RETURNS integer"
                    + " BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 6 END; END;"
                    + " INSERT INTO t SELECT g() -- ; COMMIT\n"
                    + " /* ; /* nested */ ; */"))
        .isInstanceOf(Outcome.Done.class);
    assertThat(run("INSERT INTO t SELECT 7 WHERE '{\"a\": 1}'::jsonb ?? 'a' AND E'\\';' <> ''"))
        .isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("5,6,7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET search_path TO x",
        "START TRANSACTION",
        "/* a */ COMMIT",
        "SELECT 1; ROLLBACK",
        "DELETE FROM gyre_queue.ledger",
        "DELETE FROM \"gyre_queue\".ledger",
        "COPY t FROM STDIN",
        "LISTEN gyre_queue",
        "PREPARE TRANSACTION 'x'",
      })
  void shouldRefuseWhatReachesBeyondTheEntry(String sql) {
    assertThat(run(sql).toString()).contains("refused");
  }

  @Test
  void shouldEnqueueFromWithinAnEntryOnlyIfItIsDone() {
    String inner = "{\"id\": \"inner\", \"sql\": \"INSERT INTO t VALUES (9)\"}";
    assertThat(run("SELECT gyre_queue.enqueue('" + inner + "'); INSERT INTO nowhere VALUES (1)"))
        .isInstanceOf(Outcome.Failed.class);
    assertThat(engine.isDone("inner")).isFalse();
    assertThat(run("SELECT gyre_queue.enqueue('" + inner + "')")).isInstanceOf(Outcome.Done.class);
    run("SELECT 1");
    assertThat(engine.isDone("inner")).isTrue();
    assertThat(all()).isEqualTo("9");
  }

  @Test
  void shouldGiveUpAnEntryThatEndsItsConnection() {
    config = ofRetries(new RetryPolicy(0, Duration.ZERO, Duration.ZERO));
    try (PostgresRig rig = new PostgresRig()) {
      rig.query(
          "INSERT INTO gyre_queue.entries (id, operation, content) VALUES ('p', 'sql',"
              + " '{\"sql\": \"SELECT pg_terminate_backend(pg_backend_pid())\"}'),"
              + " ('q', 'sql', '{\"sql\": \"INSERT INTO t VALUES (1)\"}')");
      for (int i = 0; i < 50 && !rig.isDone("q"); i++) {
        quietRound(rig);
      }
      for (int i = 0;
          i < 50 && !rig.first("SELECT state FROM gyre_queue.entries").equals("failed");
          i++) {
        rig.query("UPDATE gyre_queue.entries SET state = 'pending' WHERE state = 'delayed'");
        quietRound(rig);
      }
      assertThat(rig.first("SELECT error FROM gyre_queue.entries WHERE state = 'failed'"))
          .contains("connection was lost");
      assertThat(rig.isDone("q")).isTrue();
    }
  }

  private static QueueConfig ofRetries(RetryPolicy retry) {
    return of(retry, Duration.ofSeconds(60));
  }

  private static QueueConfig ofTimeout(Duration sqlTimeout) {
    return of(new RetryPolicy(0, Duration.ZERO, Duration.ZERO), sqlTimeout);
  }

  private static QueueConfig of(RetryPolicy retry, Duration sqlTimeout) {
    QueueConfig usual = QueueConfig.DEFAULT;
    return new QueueConfig(
        usual.batch(),
        usual.drainEntries(),
        usual.drainTime(),
        usual.maxEntryBytes(),
        sqlTimeout,
        retry,
        usual.cleanupAfter(),
        usual.ledgerKept(),
        usual.kinds(),
        usual.recurring());
  }

  private static void quietRound(PostgresRig rig) {
    try {
      rig.executor.round();
    } catch (SQLException e) {
      rig.executor.close();
    }
  }
}
