package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a text of PostgreSQL's SQL is taken apart. */
class PgScriptTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
        "INSERT INTO t (temp, call, do) VALUES (1, 2, 3) ON CONFLICT (temp) DO UPDATE SET temp = 2",
        "INSERT INTO temp VALUES (1)",
        "SELECT temp FROM call WHERE temporary > 3",
        "CREATE TABLE x (temp INTEGER)",
      })
  void shouldTakeNamesForNames(String sql) throws BadEntryException {
    assertThat(PgScript.read(sql).leavesTraces()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DO $$ BEGIN NULL; END $$",
        "SELECT 1; DO $$ BEGIN NULL; END $$",
        "CALL p()",
        "CREATE TEMP TABLE x (n INTEGER)",
        "CREATE LOCAL TEMPORARY TABLE x (n INTEGER)",
        "CREATE OR REPLACE TEMP VIEW x AS SELECT 1",
        "SELECT 1 AS n INTO TEMP x",
        "SELECT set_config('a.b', 'c', false)",
      })
  void shouldKnowWhatStaysInTheSession(String sql) throws BadEntryException {
    assertThat(PgScript.read(sql).leavesTraces()).isTrue();
  }

  @Test
  void shouldReadEscapesInAStringThatGoesOnInTheNextLine() throws BadEntryException {
    assertThat(PgScript.read("SELECT E'a'\n  'b\\'; c'; SELECT 'x' \n 'y\\'; SELECT 2").parts())
        .hasSize(3);
  }
}
