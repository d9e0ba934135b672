package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScriptTest {
  @Test
  void shouldSplitAtSemicolons() throws Exception {
    assertThat(SqlScript.split("INSERT INTO t VALUES (1); DELETE FROM t;;"))
        .containsExactly("INSERT INTO t VALUES (1);", " DELETE FROM t;");
  }

  @Test
  void shouldNotSplitWithinQuotesAndComments() throws Exception {
    String one =
        "INSERT INTO \"a;b\" VALUES ('x;''y', [c;d], `e;f`) -- g;h\n /* i;j */ RETURNING 1";
    assertThat(SqlScript.split(one)).containsExactly(one);
  }

  @Test
  void shouldKeepATriggerTogether() throws Exception {
    String trigger =
        "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; UPDATE c SET end = 1; END;";
    assertThat(SqlScript.split(trigger + " SELECT 1")).containsExactly(trigger, " SELECT 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "COMMIT",
        "SELECT 1; commit",
        "/* x */ -- y\n Begin",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "ATTACH 'x' AS y",
        "DETACH y",
        "PRAGMA synchronous = OFF",
        "VACUUM",
        "\uFEFFCOMMIT",
        "SELECT 1;\uFEFF COMMIT",
        "/* x */\uFEFF\uFEFFPRAGMA synchronous = OFF",
        "DELETE FROM \uFEFFgyre_queue_ledger",
        "DELETE FROM gyre_queue_ledger",
        "DELETE FROM \"GYRE_queue_ledger\"",
        "DELETE FROM [gyre_queue_ledger]",
      })
  void shouldRefuseWhatReachesBeyondTheEntry(String sql) {
    assertThatThrownBy(() -> SqlScript.split(sql))
        .isInstanceOf(BadEntryException.class)
        .hasMessageContaining("is refused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", ";;", "-- only a comment", "SELECT '\0'"})
  void shouldRefuseWhatIsNoStatement(String sql) {
    assertThatThrownBy(() -> SqlScript.split(sql)).isInstanceOf(BadEntryException.class);
  }

  @Test
  void shouldKeepAByteOrderMarkInQuotes() throws Exception {
    String sql = "SELECT '\uFEFF' /* \uFEFF */";
    assertThat(SqlScript.split(sql)).containsExactly(sql);
  }
}
