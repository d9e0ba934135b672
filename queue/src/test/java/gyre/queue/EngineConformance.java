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
  /** An entry, by id and the content of its file or row. */
  record Sample(String id, String json) {}

  /** What an engine does, however it is used. */
  interface Rig extends AutoCloseable {
    /** In this order, together if the engine can. */
    List<Outcome> execute(List<Sample> samples);

    boolean isDone(String id);

    long finishedOfBatch(String batch);

    void prune(Instant before);

    @Override
    void close();
  }

  @TempDir Path directory;
  Rig engine;

  /** Opens one on what was there before, if something was. */
  abstract Rig open(Path directory);

  /** Where all tests have one database: as if nothing had ever been there. */
  void clear() {
    // the directory is new
  }

  @BeforeEach
  void openFirst() {
    clear();
    engine = open(directory);
    assertThat(run("CREATE TABLE t (n INTEGER PRIMARY KEY)")).isInstanceOf(Outcome.Done.class);
  }

  @AfterEach
  void closeLast() {
    engine.close();
  }

  static Sample sample(String id, String json) {
    return new Sample(id, json);
  }

  static Sample sql(String id, String sql) {
    return new Sample(id, Json.write(java.util.Map.of("sql", sql)));
  }

  Outcome run(String sql) {
    return engine.execute(List.of(sql("id of " + Queue.hash(sql), sql))).getFirst();
  }

  String query(String sql) {
    Sample sample =
        new Sample(
            "query " + System.nanoTime(), Json.write(java.util.Map.of("sql", sql, "result", true)));
    return switch (engine.execute(List.of(sample)).getFirst()) {
      case Outcome.Done(Object result) -> Json.write(result);
      case Outcome other -> throw new AssertionError(other.toString());
    };
  }

  /** The numbers in {@code t}, in order. */
  String all() {
    return query("SELECT n FROM t ORDER BY n").replaceAll("[^0-9,]", "");
  }

  @Test
  void shouldExecuteAnIdOnce() {
    Sample sample = sql("a", "INSERT INTO t VALUES (1)");
    assertThat(engine.execute(List.of(sample)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(engine.execute(List.of(sample, sample)))
        .containsExactly(new Outcome.Duplicate(), new Outcome.Duplicate());
    assertThat(engine.isDone("a")).isTrue();
    assertThat(engine.isDone("b")).isFalse();
    assertThat(all()).isEqualTo("1");
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
    assertThat(all()).isEqualTo("1,3");
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
    List<Sample> batch = new ArrayList<>();
    batch.add(sql("a", "INSERT INTO t VALUES (2)"));
    batch.add(sql("bad", bad));
    batch.add(sql("c", "INSERT INTO t VALUES (3)"));
    List<Outcome> outcomes = engine.execute(batch);
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Done.class);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Failed.class);
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("1,2,3");
  }

  @Test
  void shouldDropATableThatWasJustWrittenAndRead() {
    run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    assertThat(all()).isEqualTo("1,2");
    run("SELECT * FROM t");
    assertThat(run("DROP TABLE t")).isInstanceOf(Outcome.Done.class);
    assertThat(run("CREATE TABLE t (m TEXT); INSERT INTO t VALUES ('a')"))
        .isInstanceOf(Outcome.Done.class);
  }

  @Test
  void shouldExecuteAllStatementsOfAnEntry() {
    run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)");
    assertThat(all()).isEqualTo("1,2,3");
  }

  @Test
  void shouldGiveParametersToTheStatementsInTurn() {
    Sample sample =
        sample(
            "a",
            "{\"sql\": \"INSERT INTO t VALUES (?); INSERT INTO t VALUES (?)\", \"params\": [8, 9]}");
    assertThat(engine.execute(List.of(sample)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("8,9");
    Sample fewer = sample("b", "{\"sql\": \"INSERT INTO t VALUES (?)\"}");
    Sample more = sample("c", "{\"sql\": \"INSERT INTO t VALUES (1)\", \"params\": [1]}");
    assertThat(engine.execute(List.of(fewer, more)))
        .allMatch(each -> each instanceof Outcome.Failed(String error, boolean isFinal) && isFinal);
  }

  @Test
  void shouldForgetWhatIsOld() {
    engine.execute(List.of(sql("a", "SELECT 1")));
    engine.prune(Instant.now().minusSeconds(60));
    assertThat(engine.isDone("a")).isTrue();
    engine.prune(Instant.now().plusSeconds(60));
    assertThat(engine.isDone("a")).isFalse();
  }

  @Test
  void shouldExecuteTheSameTextAgainAfterABadValue() {
    String text = "{\"sql\": \"INSERT INTO t VALUES (?)\", \"params\": [%s]}";
    Sample bad = sample("bad", text.formatted("\"no number\""));
    assertThat(engine.execute(List.of(bad)).getFirst()).isInstanceOf(Outcome.Failed.class);
    Sample good = sample("good", text.formatted("5"));
    assertThat(engine.execute(List.of(good)).getFirst()).isInstanceOf(Outcome.Done.class);
    assertThat(all()).isEqualTo("5");
  }
}
