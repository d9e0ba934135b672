package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class SqliteEngineTest extends EngineConformance {
  /** The engine of a spool is handed what was read from files. */
  record SqliteRig(Engine engine) implements Rig {
    @Override
    public List<Outcome> execute(List<Sample> samples) {
      return engine.execute(samples.stream().map(SqliteEngineTest::claim).toList());
    }

    @Override
    public boolean isDone(String id) {
      return engine.isDone(id);
    }

    @Override
    public long finishedOfBatch(String batch) {
      return engine.finishedOfBatch(batch);
    }

    @Override
    public void prune(Instant before) {
      engine.prune(before);
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  private static Claim claim(Sample sample) {
    try {
      Entry entry = EntryReader.parse(sample.json().getBytes(StandardCharsets.UTF_8), sample::id);
      Path path = Path.of(sample.id());
      return new Claim(EntryName.of(path), path, entry, false);
    } catch (BadEntryException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static List<Claim> claims(Sample... samples) {
    return java.util.Arrays.stream(samples).map(SqliteEngineTest::claim).toList();
  }

  @Override
  Rig open(Path directory) {
    return new SqliteRig(SqliteEngine.open(directory.resolve("queue.db")));
  }

  @Test
  void shouldCountABatchWithTheWorkOfIt() {
    Sample one = sample("a", "{\"sql\": \"SELECT 1\", \"batch\": \"b\"}");
    Sample bad = sample("x", "{\"sql\": \"nonsense\", \"batch\": \"b\"}");
    engine.execute(List.of(one, bad));
    engine.execute(List.of(one));
    assertThat(engine.finishedOfBatch("b")).isEqualTo(1);
  }

  @Test
  void shouldCountAttempts() {
    try (Engine counting = SqliteEngine.open(directory.resolve("other.db"))) {
      assertThat(counting.attempts("a")).isZero();
      assertThat(counting.countAttempt("a", "why", Instant.now())).isEqualTo(1);
      assertThat(counting.countAttempt("a", "why", Instant.now())).isEqualTo(2);
      counting.forgetAttempts("a");
      assertThat(counting.attempts("a")).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TEMP TABLE t (n INTEGER)",
        "create temporary view t AS SELECT 666 AS n",
        "CREATE TABLE temp.t (n INTEGER)",
        "CREATE TABLE \"Temp\" . t (n INTEGER)",
        "CREATE TEMP TRIGGER x BEFORE INSERT ON main.t BEGIN SELECT RAISE(ABORT, 'no'); END",
      })
  void shouldLetNothingTemporaryReachTheNextEntry(String sql) {
    assertThat(run(sql)).isInstanceOf(Outcome.Failed.class);
    assertThat(run("INSERT INTO t VALUES (1)")).isInstanceOf(Outcome.Done.class);
    assertThat(query("SELECT n FROM main.t")).contains("1");
  }

  @Test
  void shouldAllowWhatIsTemporaryWithinAnEntry() {
    assertThat(run("CREATE TEMP TABLE x AS SELECT 1; INSERT INTO t SELECT * FROM x; DROP TABLE x"))
        .isInstanceOf(Outcome.Done.class);
    assertThat(run("CREATE TABLE weather (temp); INSERT INTO weather (temp) VALUES (20)"))
        .isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("1");
  }

  @Test
  void shouldNotLetOneEntryMakeAValueThatTheDeadlineCannotEnd() {
    assertThat(run("SELECT instr(zeroblob(900000000), x'01')")).isInstanceOf(Outcome.Failed.class);
    assertThat(run("SELECT zeroblob(1000000)")).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void shouldBlameTheEntryWhereTheDatabaseCanBeWritten() {
    run("CREATE TABLE a (n INTEGER PRIMARY KEY AUTOINCREMENT, x)");
    run("INSERT INTO a VALUES (9223372036854775807, 1)");
    List<Outcome> outcomes =
        engine.execute(
            List.of(
                sql("1", "INSERT INTO t VALUES (1)"),
                sql("bad", "INSERT INTO a (x) VALUES (2)"), // SQLITE_FULL: no number is left
                sql("2", "INSERT INTO t VALUES (2)")));
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Failed.class);
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("1,2");
    assertThat(engine.isDone("bad")).isFalse();
  }

  @Test
  void shouldEndAQueryThatNeverEnds() {
    try (SqliteEngine engine = SqliteEngine.open(directory.resolve("other.db"))) {
      engine.statementTimeout(Duration.ofMillis(50));
      List<Outcome> outcomes =
          engine.execute(
              claims(
                  sql("a", "CREATE TABLE t (n)"),
                  sql(
                      "b",
                      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"),
                  sql("c", "INSERT INTO t VALUES (1)")));
      assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
      assertThat(outcomes.get(1).toString()).contains("ran for longer than 50 ms");
      assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    }
  }

  @Test
  void shouldWaitWhileAnotherWriterHasTheDatabase() throws Exception {
    Path file = directory.resolve("other.db");
    try (SqliteEngine engine = SqliteEngine.open(file);
        Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      Thread worker =
          Thread.ofPlatform().start(() -> engine.execute(claims(sql("a", "CREATE TABLE t (n)"))));
      while (worker.getState() == Thread.State.NEW) {
        Thread.onSpinWait();
      }
      statement.execute("COMMIT");
      worker.join();
      try (ResultSet tables =
          statement.executeQuery("SELECT count(*) FROM sqlite_master WHERE name = 't'")) {
        assertThat(tables.getInt(1)).isEqualTo(1);
      }
    }
  }

  @Test
  void shouldBlameNoEntryForADamagedDatabase() throws Exception {
    Path file = directory.resolve("damaged.db");
    Files.writeString(
        file, "this is no database at all, and long enough to be read as one".repeat(100));
    assertThatThrownBy(() -> SqliteEngine.open(file))
        .isInstanceOf(EngineTroubleException.class)
        .hasMessageContaining("damaged.db");
  }

  @Test
  void shouldForgetMoreThanOneSliceOfOldEntries() {
    Path file = directory.resolve("other.db");
    try (SqliteEngine pruned = SqliteEngine.open(file)) {
      List<Claim> old = new java.util.ArrayList<>();
      for (int i = 0; i < 5000; i++) {
        old.add(claim(sql("old " + i, "SELECT 1")));
      }
      pruned.recordDone(old);
      int count = pruned.prune(Instant.now().plusSeconds(1));
      assertThat(count).isBetween(1, 4999);
      for (int i = 0; i < 100 && !pruned.isPruned(); i++) {
        count += pruned.prune(Instant.now().plusSeconds(1));
      }
      assertThat(count).isEqualTo(5000);
      assertThat(pruned.isDone("old 4999")).isFalse();
    }
  }

  @Test
  void shouldKeepNoMoreOfAResultThanFitsIntoMemory() {
    Outcome outcome =
        engine
            .execute(
                List.of(
                    sample(
                        "large",
                        "{\"sql\": \"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
                            + " WHERE n < 60) SELECT hex(zeroblob(524288)) FROM c\","
                            + " \"result\": true}")))
            .getFirst();
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    Object result = ((Outcome.Done) outcome).result();
    assertThat(result)
        .isInstanceOfSatisfying(
            java.util.Map.class,
            map -> assertThat((List<?>) map.get("rows")).hasSizeBetween(1, 20));
  }
}
