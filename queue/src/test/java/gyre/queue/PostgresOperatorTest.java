package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.queue.DashboardSource.Found;
import gyre.queue.DashboardSource.Query;
import gyre.queue.DashboardSource.Row;
import gyre.queue.Inspection.Place;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.jdbc.PgConnection;

/** What people and programs do with a queue in PostgreSQL, and what it answers when it can't. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresOperatorTest {
  private static final PostgresServer SERVER = PostgresServer.shared();
  private static final String URL = SERVER.database();

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init")
  private PgRig rig;

  @SuppressWarnings("NullAway.Init")
  private DashboardSource source;

  @BeforeEach
  void open() {
    rig = new PgRig(URL, directory);
    rig.clear();
    source = DashboardSource.of(rig.backend);
  }

  @AfterEach
  void close() {
    source.close();
    rig.close();
  }

  private void row(String id, String state, String more) {
    rig.query(
        "INSERT INTO gyre_queue.entries (id, operation, content, state, attempts, error, due_at"
            + (more.isEmpty() ? "" : ", unique_key")
            + ") VALUES ('"
            + id
            + "', 'sql', '{\"sql\": \"SELECT 1\"}', '"
            + state
            + "', 3, 'why', CASE '"
            + state
            + "' WHEN 'delayed' THEN now() + interval '1 hour' END"
            + (more.isEmpty() ? "" : ", '" + more + "'")
            + ")");
  }

  private List<String> states() {
    return rig.query("SELECT state || attempts FROM gyre_queue.entries ORDER BY seq");
  }

  private List<Row> list(Place place) {
    return source.search(new Query(place, "", "", 0, 50)).rows();
  }

  @Test
  void shouldDoNothingToOthersOfTheSameId() {
    row("x", "failed", "");
    row("x", "pending", "");
    row("x", "delayed", "");
    Row failed = list(Place.FAILED).getFirst();
    assertThat(source.detail(Place.FAILED, failed.file()).orElseThrow())
        .containsEntry("id", "x")
        .containsEntry("error", "why");
    assertThat(source.discard(Place.PENDING, failed.file())).isFalse();
    assertThat(source.retry(Place.FAILED, failed.file())).isTrue();
    assertThat(states()).containsExactly("pending0", "pending3", "delayed3");
    assertThat(source.discard(Place.PENDING, failed.file())).isTrue();
    assertThat(states()).containsExactly("pending3", "delayed3");
  }

  @Test
  void shouldAskWhichOneIsMeantWhereSeveralHaveAnId() {
    row("x", "failed", "");
    row("x", "pending", "");
    QueueOperations operations = rig.backend.operations();
    assertThatThrownBy(() -> operations.discard("x"))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("#1 (failed), #2 (pending)");
    assertThat(states()).hasSize(2);
    assertThat(operations.find("x").orElseThrow().place()).isEqualTo(Place.PENDING);
    assertThat(operations.find("#1").orElseThrow().place()).isEqualTo(Place.FAILED);
    assertThat(operations.discard("#1")).isTrue();
    assertThat(operations.discard("x")).isTrue();
    assertThat(operations.discard("#7")).isFalse();
    assertThat(states()).isEmpty();
  }

  @Test
  void shouldRetryTheOthersWhereTheUniqueKeyOfOneIsTaken() {
    row("a", "failed", "key");
    row("b", "failed", "");
    row("c", "pending", "key");
    assertThat(source.retryAll(10)).isEqualTo(1);
    assertThat(states()).containsExactly("failed3", "pending0", "pending3");
    assertThatThrownBy(() -> rig.backend.operations().retry("a"))
        .hasMessageContaining("another with its unique key");
  }

  @Test
  void shouldBelieveThatASilentWorkerHasEnded() {
    rig.query(
        "INSERT INTO gyre_queue.workers (host, pid, operations, heartbeat, heartbeat_at) VALUES"
            + " ('dead', 7, '{sql,h}', '{\"pid\": 7}', now() - interval '1 hour'),"
            + " ('alive', 8, '{sql}', '{\"pid\": 8}', now())");
    rig.backend.enqueue(Job.of("h", "x"));
    QueueOperations operations = rig.backend.operations();
    assertThat(operations.workers())
        .extracting(each -> each.heartbeat().get("host"))
        .containsExactly("alive");
    assertThat(operations.findings())
        .anyMatch(each -> each.contains("process 7 on dead") && each.contains("no sign of life"))
        .anyMatch(each -> each.contains("no worker handles"));
    assertThat(operations.drain()).hasSize(1);
  }

  @Test
  void shouldTellOfSqlThatIsAtWork() {
    rig.query(
        "INSERT INTO gyre_queue.workers (host, pid, operations, heartbeat) VALUES"
            + " ('h', 8, '{sql}', '{\"pid\": 8, \"processing_count\": 2}')");
    assertThat(source.look(System.currentTimeMillis()).processing()).isEqualTo(2);
  }

  @Test
  void shouldListTheLastThatWereCompletedFirst() {
    rig.query(
        "INSERT INTO gyre_queue.ledger (id, operation, priority, content, done_at)"
            + " SELECT 'of ' || h, 'sql', 5, '{}', now() - h * interval '1 hour'"
            + " FROM unnest(ARRAY[50, 0, 3]) AS h");
    assertThat(list(Place.COMPLETED)).extracting(Row::id).containsExactly("of 0", "of 3", "of 50");
    Found first = source.search(new Query(Place.COMPLETED, "", "", 0, 1));
    assertThat(first.rows()).extracting(Row::id).containsExactly("of 0");
    assertThat(first.isCut()).isTrue();
    Row row = first.rows().getFirst();
    assertThat(source.detail(Place.COMPLETED, row.file()).orElseThrow())
        .containsEntry("id", "of 0");
  }

  @Test
  void shouldAnswerWithWhatItFoundWhereASearchTakesTooLong() throws Exception {
    rig.sql("a", "SELECT 1");
    try (PgConnection other = rig.other("other")) {
      PostgresServer.query(other, "LOCK TABLE gyre_queue.entries IN ACCESS EXCLUSIVE MODE");
      Found found = source.search(new Query(Place.PENDING, "", "", 0, 10));
      assertThat(found.rows()).isEmpty();
      assertThat(found.isCut()).isTrue();
      other.rollback();
    }
    assertThat(list(Place.PENDING)).hasSize(1); // the connection is well
  }

  @Test
  void shouldKeepTheLastFiguresWhereCountingTakesTooLong() throws Exception {
    rig.sql("a", "SELECT 1");
    assertThat(source.look(1).pending()).isEqualTo(1);
    List<Sample> seen = new CopyOnWriteArrayList<>();
    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Void> looks;
    try (PgConnection other = rig.other("other")) {
      PostgresServer.query(other, "LOCK TABLE gyre_queue.entries IN ACCESS EXCLUSIVE MODE");
      looks =
          PgRig.aside(() -> {
            while (!isOver.get()) {
              seen.add(source.look(2));
            }
            return 0;
          });
      WorkerRig.await(
          "what counts has waited for too long",
          () ->
              rig.is(
                  "coalesce((SELECT bool_or(pg_cancel_backend(pid)) FROM pg_stat_activity"
                      + " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                      + " AND query LIKE '%min(changed_at)%'), false)"));
      isOver.set(true);
      other.rollback();
    }
    looks.get(60, TimeUnit.SECONDS);
    assertThat(seen).allMatch(each -> each.error().isEmpty() && each.pending() == 1);
  }

  @Test
  void shouldSayThatAnEntryMayBeInTheQueueWhereNoAnswerCame() {
    rig.query(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
            + " CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON gyre_queue.entries DEFERRABLE"
            + " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()");
    try {
      assertThatThrownBy(() -> rig.backend.enqueue(Job.sql("SELECT 1")))
          .isInstanceOf(QueueException.class)
          .hasMessageMatching("enqueue entry [-0-9a-f]{36} into .*may be done or not.*");
    } finally {
      rig.query("DROP TRIGGER cut ON gyre_queue.entries");
    }
    rig.sql("a", "SELECT 1"); // on a new connection
  }

  @Test
  void shouldBeWholeAfterAFirstCallThatFailed() {
    String name = URL.substring(URL.lastIndexOf('/') + 1);
    rig.query("CREATE ROLE poor_" + name + " LOGIN");
    rig.query("DROP SCHEMA IF EXISTS gyre_queue CASCADE");
    String poor = URL.replace("//gyre@", "//poor_" + name + "@");
    try (Backend other = Backend.postgresql(poor)) {
      assertThatThrownBy(() -> other.enqueue(Job.sql("SELECT 1")))
          .hasMessageContaining("Let an owner of the database");
      rig.close();
      rig = new PgRig(URL, directory); // makes the tables
      rig.query(
          "GRANT USAGE ON SCHEMA gyre_queue TO PUBLIC;"
              + " GRANT ALL ON ALL TABLES IN SCHEMA gyre_queue TO PUBLIC;"
              + " CREATE FUNCTION gyre_queue.enqueue(integer) RETURNS text LANGUAGE sql AS"
              + " $$ SELECT 'an overload of somebody' $$");
      other.enqueue(Job.sql("SELECT 1").id("in"));
    }
    assertThat(rig.query("SELECT id FROM gyre_queue.entries")).containsExactly("in");
  }

  @Test
  void shouldRefuseAUniqueKeyThatIsExecutedJustNow() throws Exception {
    Job job = Job.sql("SELECT 1").uniqueKey("k");
    rig.backend.enqueue(job);
    try (PgConnection other = rig.other("worker")) {
      assertThat(new PgClaims(other).take("sql", 1, 1)).hasSize(1);
      assertThatThrownBy(() -> rig.backend.enqueue(job)).isInstanceOf(DuplicateJobException.class);
      other.rollback();
    }
    rig.sql("a", "SELECT 1"); // the connection is well
  }

  @Test
  void shouldEnqueueFromSqlWhateverTheSearchPathIs() throws Exception {
    rig.query(
        "CREATE SCHEMA IF NOT EXISTS evil; CREATE OR REPLACE FUNCTION"
            + " evil.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS"
            + " $$ BEGIN RAISE EXCEPTION 'not that one'; END $$");
    try (PgConnection other = rig.other("program")) {
      PostgresServer.query(other, "SET search_path = evil, pg_catalog");
      assertThat(
              PostgresServer.query(
                  other, "SELECT gyre_queue.enqueue('{\"id\": \"a\", \"sql\": \"SELECT 1\"}')"))
          .containsExactly("a");
      other.rollback();
    }
  }
}
