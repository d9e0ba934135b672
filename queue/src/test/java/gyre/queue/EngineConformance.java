package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each engine promises. A new one extends this. */
abstract class EngineConformance {
  @TempDir Path directory;
  private Engine engine;

  /** Opens one on what is in the directory. */
  abstract Engine open(Path directory);

  @BeforeEach
  void openFirst() {
    engine = open(directory);
    assertThat(run("CREATE TABLE t (n INTEGER PRIMARY KEY)")).isInstanceOf(Outcome.Done.class);
  }

  @AfterEach
  void closeLast() {
    engine.close();
  }

  static Claim claim(String id, String json) {
    try {
      Entry entry =
          EntryReader.parse(json.getBytes(java.nio.charset.StandardCharsets.UTF_8), () -> id);
      return new Claim(EntryName.of(Path.of(id)), Path.of(id), entry, false);
    } catch (BadEntryException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Claim sql(String id, String sql) {
    return claim(id, Json.write(java.util.Map.of("sql", sql)));
  }

  private Outcome run(String sql) {
    return engine.execute(List.of(sql("id of " + sql, sql))).getFirst();
  }

  private String query(String sql) {
    Claim claim =
        claim(
            "query " + System.nanoTime(), Json.write(java.util.Map.of("sql", sql, "result", true)));
    return switch (engine.execute(List.of(claim)).getFirst()) {
      case Outcome.Done(Object result) -> Json.write(result);
      case Outcome other -> throw new AssertionError(other.toString());
    };
  }

  private String all() {
    return query("SELECT coalesce(group_concat(n), '') AS all_n FROM (SELECT n FROM t ORDER BY n)");
  }

  @Test
  void shouldExecuteAnIdOnce() {
    Claim claim = sql("a", "INSERT INTO t VALUES (1)");
    assertThat(engine.execute(List.of(claim)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(engine.execute(List.of(claim, claim)))
        .containsExactly(new Outcome.Duplicate(), new Outcome.Duplicate());
    assertThat(engine.isDone("a")).isTrue();
    assertThat(engine.isDone("b")).isFalse();
    assertThat(all()).contains("\"1\"");
  }

  @Test
  void shouldRememberAfterItWasOpenedAnew() {
    engine.execute(List.of(sql("a", "INSERT INTO t VALUES (1)")));
    engine.close();
    engine = open(directory);
    assertThat(engine.isDone("a")).isTrue();
  }

  @Test
  void shouldUndoOnlyTheEntryThatFails() {
    List<Outcome> outcomes =
        engine.execute(
            List.of(
                sql("a", "INSERT INTO t VALUES (1)"),
                sql("b", "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)"),
                sql("c", "INSERT INTO t VALUES (3)")));
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Failed.class);
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(all()).contains("\"1,3\"");
    assertThat(engine.isDone("b")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT OR ROLLBACK INTO t VALUES (1)",
        "INSERT INTO t VALUES (7); INSERT OR ROLLBACK INTO t VALUES (1)",
        "COMMIT",
        "INSERT INTO t VALUES (7); COMMIT",
        "PRAGMA journal_mode = DELETE",
        "ATTACH '/tmp/x' AS x",
        "no SQL at all",
        "INSERT INTO missing VALUES (1)",
      })
  void shouldKeepABatchTogetherWhateverOneOfItDoes(String bad) {
    run("INSERT INTO t VALUES (1)");
    List<Claim> batch = new ArrayList<>();
    batch.add(sql("a", "INSERT INTO t VALUES (2)"));
    batch.add(sql("bad", bad));
    batch.add(sql("c", "INSERT INTO t VALUES (3)"));
    List<Outcome> outcomes = engine.execute(batch);
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Failed.class);
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(all()).contains("\"1,2,3\"");
  }

  @Test
  void shouldDropATableThatWasJustWrittenAndRead() {
    run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    assertThat(all()).contains("\"1,2\"");
    run("SELECT * FROM t");
    assertThat(run("DROP TABLE t")).isInstanceOf(Outcome.Done.class);
    assertThat(run("CREATE TABLE t (m TEXT); INSERT INTO t VALUES ('a')"))
        .isInstanceOf(Outcome.Done.class);
  }

  @Test
  void shouldExecuteAllStatementsOfAnEntry() {
    run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)");
    assertThat(all()).contains("\"1,2,3\"");
  }

  @Test
  void shouldGiveParametersToTheStatementsInTurn() {
    Claim claim =
        claim(
            "a",
            "{\"sql\": \"INSERT INTO t VALUES (?); INSERT INTO t VALUES (?)\", \"params\": [8, 9]}");
    assertThat(engine.execute(List.of(claim)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(all()).contains("\"8,9\"");
    Claim fewer = claim("b", "{\"sql\": \"INSERT INTO t VALUES (?)\"}");
    Claim more = claim("c", "{\"sql\": \"INSERT INTO t VALUES (1)\", \"params\": [1]}");
    assertThat(engine.execute(List.of(fewer, more)))
        .allMatch(each -> each instanceof Outcome.Failed(String error, boolean isFinal) && isFinal);
  }

  @Test
  void shouldCountAttempts() {
    assertThat(engine.attempts("a")).isZero();
    assertThat(engine.countAttempt("a", "why", Instant.now())).isEqualTo(1);
    assertThat(engine.countAttempt("a", "why", Instant.now())).isEqualTo(2);
    engine.forgetAttempts("a");
    assertThat(engine.attempts("a")).isZero();
  }

  @Test
  void shouldForgetWhatIsOld() {
    engine.execute(List.of(sql("a", "SELECT 1")));
    assertThat(engine.prune(Instant.now().minusSeconds(60))).isZero();
    assertThat(engine.isDone("a")).isTrue();
    assertThat(engine.prune(Instant.now().plusSeconds(60))).isPositive();
    assertThat(engine.isDone("a")).isFalse();
  }

  @Test
  void shouldCountABatchWithTheWorkOfIt() {
    Claim one = claim("a", "{\"sql\": \"SELECT 1\", \"batch\": \"b\"}");
    Claim bad = claim("x", "{\"sql\": \"nonsense\", \"batch\": \"b\"}");
    engine.execute(List.of(one, bad));
    engine.execute(List.of(one));
    assertThat(engine.finishedOfBatch("b")).isEqualTo(1);
    engine.recordGivenUp("b", "x");
    assertThat(engine.finishedOfBatch("b")).isEqualTo(2);
  }

  @Test
  void shouldExecuteTheSameTextAgainAfterABadValue() {
    String text = "{\"sql\": \"INSERT INTO t VALUES (?)\", \"params\": [%s]}";
    Claim bad = claim("bad", text.formatted("\"no number\""));
    assertThat(engine.execute(List.of(bad)).getFirst()).isInstanceOf(Outcome.Failed.class);
    Claim good = claim("good", text.formatted("5"));
    assertThat(engine.execute(List.of(good)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(all()).contains("\"5\"");
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
    assertThat(all()).contains("\"1\"");
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
    assertThat(all()).contains("\"1,2\"");
    assertThat(engine.isDone("bad")).isFalse();
  }
}
