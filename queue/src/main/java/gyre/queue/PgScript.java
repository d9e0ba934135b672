package gyre.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Takes a text of PostgreSQL's SQL apart into its statements, counts the places for values in each,
 * and refuses what would reach beyond the entry: transaction control, settings of the session,
 * transfers of the copy protocol, the queue's own tables.
 *
 * <p>It knows strings with and without escapes, dollar quotes, nested comments, and bodies of
 * functions that are written {@code BEGIN ATOMIC ... END}.
 */
final class PgScript {
  private static final int STATEMENTS_LIMIT = 10_000;
  private static final String RESERVED = "gyre_queue";

  private static final Set<String> REFUSED =
      Set.of(
          "BEGIN",
          "START",
          "COMMIT",
          "END",
          "ABORT",
          "ROLLBACK",
          "SAVEPOINT",
          "RELEASE",
          "PREPARE",
          "EXECUTE",
          "DEALLOCATE",
          "DECLARE",
          "FETCH",
          "MOVE",
          "CLOSE",
          "SET",
          "RESET",
          "DISCARD",
          "LISTEN",
          "UNLISTEN",
          "COPY",
          "LOAD",
          "VACUUM");

  /** Their rows can be left unread, so that many are sent in one go. */
  private static final Set<String> WRITES = Set.of("INSERT", "UPDATE", "DELETE", "MERGE");

  /** What may leave something in the session that the next entries would see. */
  private static final Set<String> LEAVES_TRACES =
      Set.of(
          "PG_TEMP",
          "SET_CONFIG",
          "PG_ADVISORY_LOCK",
          "PG_ADVISORY_LOCK_SHARED",
          "PG_TRY_ADVISORY_LOCK",
          "PG_TRY_ADVISORY_LOCK_SHARED");

  /** As these, where they begin a statement: a column may be called so, and has ON CONFLICT DO. */
  private static final Set<String> LEAVES_TRACES_FIRST = Set.of("DO", "CALL");

  private static final Set<String> TEMPORARY = Set.of("TEMP", "TEMPORARY");

  /** Behind these it is no name: CREATE TEMP TABLE, CREATE OR REPLACE TEMP VIEW. */
  private static final Set<String> BEFORE_TEMPORARY =
      Set.of("CREATE", "REPLACE", "GLOBAL", "LOCAL");

  /** One statement, and how many values it wants. */
  record Part(String text, int places) {}

  /**
   * @param isWrite each statement is INSERT, UPDATE, DELETE or MERGE, and gives no rows back
   * @param leavesTraces it has a word that may change the session
   */
  record Script(List<Part> parts, boolean isWrite, boolean leavesTraces) {}

  private final String text;
  private final List<Part> parts = new ArrayList<>();
  private String firstWord = "";
  private String lastWord = "";
  private boolean isWrite = true;
  private boolean leavesTraces;
  private int places;
  private int begin;
  private int at;

  /** How many {@code BEGIN ATOMIC} and {@code CASE} are open in the body of a function. */
  private int depth;

  private PgScript(String text) {
    this.text = text;
  }

  static Script read(String text) throws BadEntryException {
    if (text.indexOf('\0') >= 0) {
      throw BadEntryException.wrong("the SQL has the character 0 in it");
    }
    PgScript script = new PgScript(text);
    while (script.at < text.length()) {
      script.token();
    }
    script.statementEnds(text.length());
    if (script.parts.isEmpty()) {
      throw BadEntryException.wrong("the SQL has no statement in it");
    }
    return new Script(List.copyOf(script.parts), script.isWrite, script.leavesTraces);
  }

  private void token() throws BadEntryException {
    char c = text.charAt(at);
    if (c == ';') {
      if (depth == 0) {
        statementEnds(at);
        begin = at + 1;
      }
      at++;
    } else if (c == '\'') {
      boolean hasEscapes = lastIsEscapePrefix();
      quoted('\'', hasEscapes);
      while (hasEscapes && goesOn()) {
        quoted('\'', true);
      }
    } else if (c == '"') {
      int from = at + 1;
      quoted('"', false);
      checkName(text.substring(Math.min(from, at), at));
      started();
    } else if (text.startsWith("--", at)) {
      int end = text.indexOf('\n', at);
      at = end < 0 ? text.length() : end;
    } else if (text.startsWith("/*", at)) {
      comment();
    } else if (c == '$' && dollarQuoted()) {
      started();
    } else if (isWordStart(c)) {
      word();
    } else if (c == '?') {
      // The driver has a place for a value at each, and a doubled one is the operator.
      boolean isOperator = text.startsWith("??", at);
      places += isOperator ? 0 : 1;
      at += isOperator ? 2 : 1;
      started();
    } else {
      if (!Character.isWhitespace(c)) {
        started();
      }
      at++;
    }
  }

  private void started() {
    if (firstWord.isEmpty()) {
      firstWord = " "; // something that is no word, as a bracket
    }
  }

  /** {@code E'...'} has escapes; the E stands right before it. */
  private boolean lastIsEscapePrefix() {
    boolean isPrefix = at > 0 && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E');
    return isPrefix && (at < 2 || !isWordPart(text.charAt(at - 2)));
  }

  private void quoted(char quote, boolean hasEscapes) {
    at++;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '\\' && hasEscapes) {
        at++;
      } else if (c == quote) {
        if (at >= text.length() || text.charAt(at) != quote) {
          return;
        }
        at++; // doubled, so it is part of the string
      }
    }
    at = text.length();
  }

  /** A string goes on behind a line's end; if so {@link #at} is moved to where. */
  private boolean goesOn() {
    int next = at;
    boolean hasLineEnd = false;
    while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
      hasLineEnd |= text.charAt(next) == '\n' || text.charAt(next) == '\r';
      next++;
    }
    if (!hasLineEnd || next == text.length() || text.charAt(next) != '\'') {
      return false;
    }
    at = next;
    return true;
  }

  private void comment() {
    int open = 0;
    do {
      if (text.startsWith("/*", at)) {
        open++;
        at += 2;
      } else if (text.startsWith("*/", at)) {
        open--;
        at += 2;
      } else {
        at++;
      }
    } while (open > 0 && at < text.length());
  }

  /** False if the dollar is none that begins a quote. */
  private boolean dollarQuoted() throws BadEntryException {
    int end = at + 1;
    while (end < text.length() && isWordPart(text.charAt(end)) && text.charAt(end) != '$') {
      end++;
    }
    boolean isTag = end < text.length() && text.charAt(end) == '$';
    if (!isTag || (end > at + 1 && Character.isDigit(text.charAt(at + 1)))) {
      return false;
    }
    String tag = text.substring(at, end + 1);
    int close = text.indexOf(tag, end + 1);
    String body = text.substring(end + 1, close < 0 ? text.length() : close);
    if (body.toLowerCase(Locale.ROOT).contains(RESERVED + ".")) {
      throw reserved(RESERVED);
    }
    at = close < 0 ? text.length() : close + tag.length();
    return true;
  }

  private static boolean isWordStart(char c) {
    return Character.isLetter(c) || c == '_' || c >= 0x80;
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 0x80;
  }

  private void word() throws BadEntryException {
    int from = at;
    while (at < text.length() && isWordPart(text.charAt(at))) {
      at++;
    }
    String word = text.substring(from, at);
    if (!isCallOfEnqueue(word)) {
      checkName(word);
    }
    String upper = word.toUpperCase(Locale.ROOT);
    if (firstWord.isEmpty()) {
      firstWord = upper;
    }
    if (firstWord.equals("CREATE")) {
      body(upper);
    }
    leavesTraces |= leavesTrace(upper);
    isWrite &= !upper.equals("RETURNING");
    lastWord = upper;
  }

  private boolean leavesTrace(String word) {
    if (TEMPORARY.contains(word)) {
      return (firstWord.equals("CREATE") && BEFORE_TEMPORARY.contains(lastWord))
          || (lastWord.equals("INTO") && !WRITES.contains(firstWord)); // SELECT INTO TEMP
    }
    return LEAVES_TRACES.contains(word)
        || (lastWord.isEmpty() && LEAVES_TRACES_FIRST.contains(firstWord));
  }

  /** An entry may enqueue others, which then are there if, and only if, it is done. */
  private boolean isCallOfEnqueue(String word) {
    return word.equalsIgnoreCase(RESERVED) && text.regionMatches(true, at, ".enqueue(", 0, 9);
  }

  private void body(String word) {
    if (word.equals("ATOMIC") && lastWord.equals("BEGIN")) {
      depth = 1;
    } else if (depth > 0 && word.equals("CASE")) {
      depth++;
    } else if (depth > 0 && word.equals("END")) {
      depth--;
    }
  }

  private void statementEnds(int end) throws BadEntryException {
    if (!firstWord.isEmpty()) {
      if (REFUSED.contains(firstWord)) {
        throw BadEntryException.wrong(
            firstWord
                + " is refused: each entry is executed in a transaction of the worker, whose"
                + " session other entries use, too");
      }
      isWrite &= WRITES.contains(firstWord);
      parts.add(new Part(text.substring(begin, end), places));
      if (parts.size() > STATEMENTS_LIMIT) {
        throw BadEntryException.wrong("more than " + STATEMENTS_LIMIT + " statements in one entry");
      }
    }
    firstWord = "";
    lastWord = "";
    places = 0;
    depth = 0;
  }

  private static void checkName(String name) throws BadEntryException {
    if (name.regionMatches(true, 0, RESERVED, 0, RESERVED.length())) {
      throw reserved(name);
    }
  }

  private static BadEntryException reserved(String name) {
    return BadEntryException.wrong(
        name + " is refused: the tables of the queue belong to the queue itself");
  }
}
