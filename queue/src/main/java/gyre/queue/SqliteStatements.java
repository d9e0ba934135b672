package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import org.sqlite.SQLiteConnection;

/** Statements of one connection: those used last stay prepared. */
final class SqliteStatements {
  private static final int KEPT = 128;

  private final SQLiteConnection connection;

  private final LinkedHashMap<String, PreparedStatement> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true);

  private String scriptText = "";
  private List<String> script = List.of();

  SqliteStatements(SQLiteConnection connection) {
    this.connection = connection;
  }

  /** What a query has in its only row and column; 0 if it has no row. */
  long query(String sql, Object... values) throws SQLException {
    PreparedStatement statement = get(sql);
    try {
      bind(statement, values);
      try (ResultSet result = statement.executeQuery()) {
        return result.next() ? result.getLong(1) : 0;
      }
    } catch (SQLException e) {
      drop(sql, e);
      throw e;
    }
  }

  /** How many rows were changed. */
  int update(String sql, Object... values) throws SQLException {
    PreparedStatement statement = get(sql);
    try {
      bind(statement, values);
      return statement.executeUpdate();
    } catch (SQLException e) {
      drop(sql, e);
      throw e;
    }
  }

  private static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  /** The statements of a text of several. Most entries have the text of the one before. */
  List<String> split(String text) throws BadEntryException {
    if (!text.equals(scriptText)) {
      script = SqlScript.split(text);
      scriptText = text;
    }
    return script;
  }

  PreparedStatement get(String sql) throws SQLException {
    PreparedStatement known = kept.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      kept.put(sql, known);
      if (kept.size() > KEPT) {
        Iterator<PreparedStatement> oldest = kept.values().iterator();
        oldest.next().close();
        oldest.remove();
      }
    }
    return known;
  }

  /**
   * After each error, since the driver finalizes a statement with some of them and does not tell:
   * it would fail for all that come later.
   */
  void drop(String sql, SQLException reason) {
    PreparedStatement known = kept.remove(sql);
    try {
      if (known != null) {
        known.close();
      }
    } catch (SQLException e) {
      reason.addSuppressed(e);
    }
  }

  void close() throws SQLException {
    for (PreparedStatement each : kept.values()) {
      each.close();
    }
    kept.clear();
  }
}
