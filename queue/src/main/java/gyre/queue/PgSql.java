package gyre.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Executes the statements of entries in the transaction that is open. Writes without results can be
 * sent many at a time, which saves a journey to the server for each; then an error tells that one
 * of them failed, and the transaction is made again, one by one.
 */
final class PgSql {
  private static final int RESULT_ROWS_LIMIT = 1000;
  private static final int FETCH_ROWS = 500;

  /** Rows beyond so many characters are left out of a result, as those beyond a number are. */
  private static final long RESULT_CHARACTERS_LIMIT = 4 << 20;

  private final Connection connection;
  private final PgPace pace;

  /** Entries of one text, one behind the other, which are sent together. */
  private @Nullable PreparedStatement open;

  private String openText = "";
  private int openCount;

  PgSql(Connection connection, PgPace pace) {
    this.connection = connection;
    this.pace = pace;
  }

  // ---- many at a time

  /** Whether {@link #add} takes it. */
  static boolean canJoin(Entry entry, PgScript.Script script) {
    return script.isWrite() && script.parts().size() == 1 && !entry.wantsResult();
  }

  /** Executed now or with those behind it; {@link #flush} at the latest. */
  void add(Entry entry, PgScript.Script script) throws SQLException, BadEntryException {
    PgScript.Part part = script.parts().getFirst();
    PreparedStatement statement = open;
    if (statement == null || !part.text().equals(openText)) {
      flush();
      statement = connection.prepareStatement(part.text());
      open = statement;
      openText = part.text();
    }
    bindAll(statement, script, entry);
    statement.addBatch();
    openCount++;
    if (openCount >= pace.most()) {
      flush();
    }
  }

  void flush() throws SQLException {
    PreparedStatement statement = open;
    open = null;
    openText = "";
    int count = openCount;
    openCount = 0;
    if (statement != null && count == 0) {
      statement.close();
    } else if (statement != null) {
      long beginNanos = System.nanoTime();
      try (statement) {
        statement.executeBatch();
      }
      pace.took(count, System.nanoTime() - beginNanos);
    }
  }

  /** Forgets what was not sent, after a failure. */
  void clear() throws SQLException {
    PreparedStatement statement = open;
    open = null;
    openText = "";
    openCount = 0;
    if (statement != null) {
      statement.close();
    }
  }

  private static void bindAll(PreparedStatement statement, PgScript.Script script, Entry entry)
      throws SQLException, BadEntryException {
    Iterator<@Nullable Object> values = entry.parameters().iterator();
    bind(statement, script.parts().getFirst().places(), values);
    checkAllUsed(values);
  }

  // ---- one

  /** All statements of one entry; what the last of them gave. */
  @Nullable Object run(Entry entry, PgScript.Script script, long deadlineNanos)
      throws SQLException, BadEntryException {
    Iterator<@Nullable Object> values = entry.parameters().iterator();
    Object result = null;
    for (PgScript.Part part : script.parts()) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw BadEntryException.wrong(
            "its statements ran for longer than sql_timeout_seconds together: split it");
      }
      try (PreparedStatement statement = connection.prepareStatement(part.text())) {
        bind(statement, part.places(), values);
        statement.setFetchSize(FETCH_ROWS); // so a long answer does not fill the memory
        result = rows(statement, entry.wantsResult());
      }
    }
    checkAllUsed(values);
    return result;
  }

  private static void bind(
      PreparedStatement statement, int places, Iterator<@Nullable Object> values)
      throws SQLException, BadEntryException {
    for (int i = 1; i <= places; i++) {
      if (!values.hasNext()) {
        throw BadEntryException.wrong("\"params\" has fewer values than the SQL has places");
      }
      Object value = values.next();
      switch (value) {
        case null -> statement.setNull(i, java.sql.Types.NULL);
        case java.math.BigInteger number ->
            statement.setObject(i, new java.math.BigDecimal(number));
        default -> statement.setObject(i, value);
      }
    }
  }

  private static void checkAllUsed(Iterator<@Nullable Object> values) throws BadEntryException {
    if (values.hasNext()) {
      throw BadEntryException.wrong("\"params\" has more values than the SQL has places");
    }
  }

  /** A query is read to its end, so that an error in a later row is one of the entry. */
  private static Object rows(PreparedStatement statement, boolean isWanted) throws SQLException {
    if (!statement.execute()) {
      return Map.of("changes", Math.max(0, statement.getUpdateCount()));
    }
    List<Object> rows = new ArrayList<>();
    long characters = 0;
    try (ResultSet result = statement.getResultSet()) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        if (!isWanted || rows.size() == RESULT_ROWS_LIMIT || characters > RESULT_CHARACTERS_LIMIT) {
          continue;
        }
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        for (int i = 1; i <= columns; i++) {
          Object value = plain(result.getObject(i));
          characters += value instanceof String text ? text.length() : 8;
          row.put(result.getMetaData().getColumnLabel(i), value);
        }
        if (characters <= RESULT_CHARACTERS_LIMIT || rows.isEmpty()) {
          rows.add(row);
        }
      }
    }
    return Map.of("rows", rows);
  }

  /** As JSON has it. */
  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Integer number -> number;
      case Long number -> number;
      case Double number -> number.isNaN() || number.isInfinite() ? number.toString() : number;
      case java.math.BigDecimal number -> number;
      case Boolean flag -> flag;
      case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
      default -> value.toString();
    };
  }
}
