package gyre.queue;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import org.sqlite.SQLiteConnection;

/** Statements of one connection: those used last stay prepared. */
final class SqliteStatements {
  private static final int KEPT = 128;

  private final LinkedHashMap<String, PreparedStatement> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true);

  PreparedStatement get(SQLiteConnection connection, String sql) throws SQLException {
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
