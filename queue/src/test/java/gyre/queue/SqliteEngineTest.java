package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SqliteEngineTest extends EngineConformance {
  @Override
  Engine open(Path directory) {
    return SqliteEngine.open(directory.resolve("queue.db"));
  }

  @Test
  void shouldEndAQueryThatNeverEnds() {
    try (SqliteEngine engine = SqliteEngine.open(directory.resolve("other.db"))) {
      engine.statementTimeout(Duration.ofMillis(50));
      List<Outcome> outcomes =
          engine.execute(
              List.of(
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
          Thread.ofPlatform().start(() -> engine.execute(List.of(sql("a", "CREATE TABLE t (n)"))));
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
}
