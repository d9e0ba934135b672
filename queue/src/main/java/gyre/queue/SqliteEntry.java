package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Executes the statements of one entry, in the savepoint that is open, and reads what they give.
 */
final class SqliteEntry {
  private static final int RESULT_ROWS_LIMIT = 1000;

  /** Of what is kept; 1,000 rows of long values would not fit into memory. */
  private static final long RESULT_BYTES_LIMIT = 16 << 20;

  private static final Pattern TEMPORARY = Pattern.compile("temp", Pattern.CASE_INSENSITIVE);

  private SqliteEntry() {}

  /** What the last of its statements gives. */
  static @Nullable Object run(SqliteStatements statements, Entry entry)
      throws SQLException, BadEntryException {
    Iterator<@Nullable Object> values = entry.parameters().iterator();
    Object result = null;
    for (String text : statements.split(entry.sql())) {
      PreparedStatement statement = statements.get(text);
      try {
        bind(statement, values);
        result = rows(statement, entry.wantsResult());
      } catch (SQLException e) {
        statements.drop(text, e);
        throw e;
      }
    }
    if (values.hasNext()) {
      throw BadEntryException.wrong("\"params\" has more values than the SQL has places");
    }
    checkNothingTemporary(statements, entry.sql());
    return result;
  }

  /**
   * What is temporary belongs to the connection, which the next entries use too. Only a text that
   * has the word in it can have made something.
   */
  private static void checkNothingTemporary(SqliteStatements statements, String text)
      throws SQLException, BadEntryException {
    if (TEMPORARY.matcher(text).find()
        && statements.query("SELECT count(*) FROM sqlite_temp_schema") > 0) {
      throw BadEntryException.wrong(
          "it leaves a TEMP table, view or trigger, which later entries would see: drop it in the"
              + " same entry");
    }
  }

  private static void bind(PreparedStatement statement, Iterator<@Nullable Object> values)
      throws SQLException, BadEntryException {
    int count = statement.getParameterMetaData().getParameterCount();
    for (int i = 1; i <= count; i++) {
      if (!values.hasNext()) {
        throw BadEntryException.wrong("\"params\" has fewer values than the SQL has places");
      }
      statement.setObject(i, plain(values.next()));
    }
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case Boolean flag -> flag ? 1 : 0;
      case java.math.BigInteger number -> number.toString();
      case java.math.BigDecimal number -> number.doubleValue();
      case null, default -> value;
    };
  }

  /** A query is read to its end, so that an error in a later row is one of the entry. */
  private static Object rows(PreparedStatement statement, boolean isWanted) throws SQLException {
    if (!statement.execute()) {
      return Map.of("changes", statement.getUpdateCount());
    }
    List<Object> rows = new ArrayList<>();
    long bytesLeft = RESULT_BYTES_LIMIT;
    try (ResultSet result = statement.getResultSet()) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        if (!isWanted || rows.size() == RESULT_ROWS_LIMIT || bytesLeft <= 0) {
          continue;
        }
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        for (int i = 1; i <= columns; i++) {
          Object value = result.getObject(i);
          bytesLeft -= size(value);
          row.put(
              result.getMetaData().getColumnLabel(i),
              value instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : value);
        }
        rows.add(row);
      }
    }
    return Map.of("rows", rows);
  }

  private static long size(@Nullable Object value) {
    return switch (value) {
      case byte[] bytes -> bytes.length;
      case String text -> text.length();
      case null, default -> Long.BYTES;
    };
  }
}
