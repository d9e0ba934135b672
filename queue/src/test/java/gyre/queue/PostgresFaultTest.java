package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.jdbc.PgConnection;

/** Entries of SQL that would hold up all others on PostgreSQL, or be blamed for what they met. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresFaultTest {
  private static final String URL = PostgresServer.shared().database();

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init")
  private PgRig rig;

  @BeforeEach
  void open() {
    rig = new PgRig(URL, directory);
    rig.clear();
  }

  @AfterEach
  void close() {
    rig.query("ALTER TABLE gyre_queue.ledger DROP CONSTRAINT IF EXISTS bad");
    rig.query("ALTER TABLE gyre_queue.batch_ends DROP CONSTRAINT IF EXISTS bad");
    rig.close();
  }

  @Test
  void shouldTellThatItCannotClaimInsteadOfTryingForEver() throws SQLException {
    rig.sql("a", "INSERT INTO t VALUES (1)");
    rig.query("ALTER TABLE gyre_queue.ledger RENAME TO away");
    try {
      assertThatThrownBy(() -> rig.executor.round()).isInstanceOf(SQLException.class);
    } finally {
      rig.executor.close();
      rig.query("ALTER TABLE gyre_queue.away RENAME TO ledger");
    }
    rig.roundsUntil(PgRig.done("a"));
  }

  @Test
  void shouldGiveUpAnEntryThatCannotBeNotedInTheLedger() {
    rig.query("ALTER TABLE gyre_queue.ledger ADD CONSTRAINT bad CHECK (id <> 'bad')");
    rig.backend.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("bad").priority(1));
    rig.sql("good", "INSERT INTO t VALUES (2)");
    rig.roundsUntil(PgRig.done("good") + " AND " + PgRig.failed("bad"));
    assertThat(rig.error("bad")).contains("can't be noted as done");
    assertThat(rig.query("SELECT n FROM t")).containsExactly("2");
  }

  @Test
  void shouldGiveUpAnEntryOfWhichTheEndCannotBeCounted() {
    rig.query("ALTER TABLE gyre_queue.batch_ends ADD CONSTRAINT bad CHECK (batch <> 'bad')");
    rig.backend.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("bad").batch("bad").priority(1));
    rig.sql("good", "INSERT INTO t VALUES (2)");
    rig.roundsUntil(PgRig.done("good") + " AND " + PgRig.failed("bad"));
    assertThat(rig.query("SELECT n FROM t")).containsExactly("2");
  }

  @Test
  void shouldRefuseNamesThatNoIndexTakes() {
    String longName = "x".repeat(3000);
    assertThatThrownBy(() -> rig.backend.enqueue(Job.sql("SELECT 1").batch(longName)))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("\"batch\" is longer than 200");
    assertThatThrownBy(() -> rig.backend.enqueue(Job.sql("SELECT 1").uniqueKey(longName)))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("\"unique_key\" is longer than 200");
    assertThatThrownBy(() -> rig.backend.openBatch(longName, 1, Job.sql("SELECT 1")))
        .isInstanceOf(IllegalArgumentException.class);
    for (String field : new String[] {"id", "batch", "unique_key"}) {
      String entry = Json.write(Map.of("sql", "SELECT 1", field, longName));
      assertThatThrownBy(() -> rig.query("SELECT gyre_queue.enqueue('" + entry + "')"))
          .hasMessageContaining("200 characters");
    }
    assertThatThrownBy(() ->
            rig.query(
                "INSERT INTO gyre_queue.entries (id, operation, content) VALUES ('"
                    + longName
                    + "', 'sql', '{}')"))
        .hasMessageContaining("entries_names");
  }

  @Test
  void shouldLeaveAnIdThatAnotherExecutesAndGoOn() throws Exception {
    rig.sql("x", "INSERT INTO t VALUES (1)");
    try (PgConnection other = rig.other("other worker")) {
      assertThat(new PgClaims(other).take("sql", 1, 1)).hasSize(1);
      rig.sql("x", "INSERT INTO t VALUES (1)");
      rig.sql("y", "INSERT INTO t VALUES (2)");
      CompletableFuture<Void> rounds =
          PgRig.aside(() -> {
            while (rig.executor.round()) {
              // until nothing is there that it could have
            }
            return 0;
          });
      rounds.get(60, TimeUnit.SECONDS);
      assertThat(rig.is(PgRig.done("y"))).isTrue();
      other.rollback();
    }
    rig.roundsUntil(PgRig.done("x"));
    assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2");
  }

  @Test
  void shouldNotBlameAnEntryForALockThatAnotherHas() throws Exception {
    rig.query("INSERT INTO t VALUES (1)");
    try (PgConnection other = rig.other("other")) {
      PostgresServer.query(other, "SELECT n FROM t FOR UPDATE");
      rig.sql("a", "SELECT n FROM t FOR UPDATE NOWAIT; UPDATE t SET n = 2");
      for (int i = 0; i < 5; i++) {
        rig.executor.round();
        rig.query("UPDATE gyre_queue.entries SET state = 'pending' WHERE state = 'delayed'");
      }
      assertThat(rig.query("SELECT state || attempts FROM gyre_queue.entries"))
          .containsExactly("pending0");
      other.rollback();
    }
    rig.roundsUntil(PgRig.done("a"));
  }

  @Test
  void shouldCountAsAttemptWhatMeetsALockForEver() throws Exception {
    rig.query("INSERT INTO t VALUES (1)");
    try (PgConnection other = rig.other("other")) {
      PostgresServer.query(other, "SELECT n FROM t FOR UPDATE");
      rig.sql("a", "SELECT n FROM t FOR UPDATE NOWAIT");
      rig.roundsUntil(PgRig.failed("a"));
      other.rollback();
    }
    assertThat(rig.error("a")).contains("lock");
  }

  @Test
  void shouldPutBackWhatItHasNotBegunAfterASlowOne() throws SQLException {
    rig.sql("slow", "SELECT pg_sleep(1.1)");
    for (int i = 0; i < 3; i++) {
      rig.sql("quick" + i, "INSERT INTO t VALUES (" + i + ")");
    }
    rig.executor.round();
    assertThat(rig.is(PgRig.done("slow"))).isTrue();
    assertThat(rig.query("SELECT id || attempts FROM gyre_queue.entries ORDER BY seq"))
        .containsExactly("quick00", "quick10", "quick20");
    rig.executor.round();
    assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("0", "1", "2");
  }

  @Test
  void shouldGiveBackALockOfTheSessionOfAnEntryThatFails() throws SQLException {
    rig.sql("a", "SELECT pg_advisory_lock(7); SELECT 1/0");
    rig.executor.round(); // and then another thread may have it, which would wait for the lock
    assertThat(rig.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).isEmpty();
    rig.roundsUntil(PgRig.failed("a"));
  }

  @Test
  void shouldSetTheSessionBackWhateverWayItWasChanged() throws SQLException {
    rig.query(
        "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS"
            + " $$ SELECT set_config('search_path', 'pg_catalog', false) $$");
    rig.sql("a", "SELECT f()");
    rig.executor.round();
    rig.sql("b", "INSERT INTO t VALUES (1)");
    rig.executor.round();
    rig.executor.round();
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
  }

  @Test
  void shouldKeepNoMoreOfAResultThanItsLimit() {
    Job job = Job.sql("SELECT repeat('x', 1500000) AS x FROM generate_series(1, 9)");
    rig.backend.enqueue(job.id("a").keepResult());
    rig.roundsUntil(PgRig.done("a"));
    int characters = Integer.parseInt(rig.first("SELECT length(result) FROM gyre_queue.ledger"));
    assertThat(characters).isBetween(1_500_000, 5_000_000);
  }
}
