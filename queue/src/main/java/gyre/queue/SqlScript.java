package gyre.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Takes a text of SQL apart into its statements, and refuses those that would reach beyond the
 * entry: transaction control, other databases, settings of the connection, the queue's own tables.
 *
 * <p>Where a statement ends is decided by the state machine of {@code sqlite3_complete}: a
 * semicolon outside of quotes and comments, and in {@code CREATE TRIGGER} the one behind {@code
 * END}.
 */
final class SqlScript {
  /** Tables of the queue begin with it. */
  static final String RESERVED_PREFIX = "gyre_queue_";

  private static final int STATEMENTS_LIMIT = 10_000;

  /** A blank for SQLite before a word, and a letter within one: so it could hide any word. */
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private static final Set<String> REFUSED =
      Set.of(
          "BEGIN",
          "COMMIT",
          "END",
          "ROLLBACK",
          "SAVEPOINT",
          "RELEASE",
          "ATTACH",
          "DETACH",
          "PRAGMA",
          "VACUUM");

  private enum State {
    /** Nothing of a statement yet. */
    START,
    NORMAL,
    EXPLAIN,
    CREATE,
    TRIGGER,
    /** Behind a semicolon within a trigger. */
    TRIGGER_SEMICOLON,
    /** Behind {@code END} behind such a semicolon. */
    TRIGGER_END
  }

  private final String text;
  private final List<String> statements = new ArrayList<>();
  private State state = State.START;
  private String firstWord = "";
  private int begin;
  private int at;

  private SqlScript(String text) {
    this.text = text;
  }

  /** The statements, without those that are empty. */
  static List<String> split(String text) throws BadEntryException {
    if (text.indexOf('\0') >= 0) {
      throw BadEntryException.wrong("the SQL has the character 0 in it");
    }
    SqlScript script = new SqlScript(text);
    while (script.at < text.length()) {
      script.token();
    }
    script.statementEnds(text.length());
    if (script.statements.isEmpty()) {
      throw BadEntryException.wrong("the SQL has no statement in it");
    }
    return List.copyOf(script.statements);
  }

  private void token() throws BadEntryException {
    char c = text.charAt(at);
    if (c == ';') {
      at++;
      semicolon();
    } else if (c == '\'' || c == '"' || c == '`') {
      String quoted = quoted(c);
      checkName(quoted);
      other();
    } else if (c == '[') {
      checkName(until("]", at + 1));
      other();
    } else if (text.startsWith("--", at)) {
      until("\n", at);
    } else if (text.startsWith("/*", at)) {
      until("*/", at + 2);
    } else if (isWord(c)) {
      word();
    } else if (Character.isWhitespace(c)) {
      at++;
    } else {
      at++;
      other();
    }
  }

  private String quoted(char quote) {
    int from = at + 1;
    int end = text.indexOf(quote, from);
    at = end < 0 ? text.length() : end + 1;
    return text.substring(from, end < 0 ? text.length() : end);
  }

  private String until(String mark, int from) {
    int end = text.indexOf(mark, from);
    at = end < 0 ? text.length() : end + mark.length();
    return text.substring(Math.min(from, text.length()), end < 0 ? text.length() : end);
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 0x80;
  }

  private void word() throws BadEntryException {
    int from = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    String word = text.substring(from, at);
    if (word.indexOf(BYTE_ORDER_MARK) >= 0) {
      throw BadEntryException.wrong(
          "a byte order mark (U+FEFF) outside of quotes is refused: SQLite skips it as a blank");
    }
    checkName(word);
    String upper = word.toUpperCase(Locale.ROOT);
    if (firstWord.isEmpty()) {
      firstWord = upper;
    }
    state =
        switch (state) {
          case START ->
              switch (upper) {
                case "EXPLAIN" -> State.EXPLAIN;
                case "CREATE" -> State.CREATE;
                default -> State.NORMAL;
              };
          case EXPLAIN ->
              switch (upper) {
                case "QUERY", "PLAN" -> State.EXPLAIN;
                case "CREATE" -> State.CREATE;
                default -> State.NORMAL;
              };
          case CREATE ->
              switch (upper) {
                case "TEMP", "TEMPORARY" -> State.CREATE;
                case "TRIGGER" -> State.TRIGGER;
                default -> State.NORMAL;
              };
          case TRIGGER_SEMICOLON -> upper.equals("END") ? State.TRIGGER_END : State.TRIGGER;
          case TRIGGER, TRIGGER_END -> State.TRIGGER;
          case NORMAL -> State.NORMAL;
        };
  }

  private void other() {
    state =
        switch (state) {
          case START, EXPLAIN, CREATE, NORMAL -> State.NORMAL;
          case TRIGGER, TRIGGER_SEMICOLON, TRIGGER_END -> State.TRIGGER;
        };
  }

  private void semicolon() throws BadEntryException {
    switch (state) {
      case TRIGGER, TRIGGER_SEMICOLON -> state = State.TRIGGER_SEMICOLON;
      case START, NORMAL, EXPLAIN, CREATE, TRIGGER_END -> statementEnds(at);
    }
  }

  private void statementEnds(int end) throws BadEntryException {
    String statement = text.substring(begin, end);
    if (state != State.START) {
      if (REFUSED.contains(firstWord)) {
        throw BadEntryException.wrong(
            firstWord
                + " is refused: each entry is executed in a transaction of the worker, on its"
                + " database alone");
      }
      statements.add(statement);
      if (statements.size() > STATEMENTS_LIMIT) {
        throw BadEntryException.wrong("more than " + STATEMENTS_LIMIT + " statements in one entry");
      }
    }
    state = State.START;
    firstWord = "";
    begin = end;
  }

  private static void checkName(String name) throws BadEntryException {
    if (name.regionMatches(true, 0, RESERVED_PREFIX, 0, RESERVED_PREFIX.length())) {
      throw BadEntryException.wrong(name + " is refused: such names belong to the queue itself");
    }
  }
}
