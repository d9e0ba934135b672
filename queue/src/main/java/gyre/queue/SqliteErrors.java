package gyre.queue;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What the codes of SQLite mean for an entry: whether it is to blame. */
final class SqliteErrors {
  private SqliteErrors() {}

  private static SQLiteErrorCode code(SQLException e) {
    if (e instanceof SQLiteException sqlite) {
      return sqlite.getResultCode();
    }
    return SQLiteErrorCode.getErrorCode(e.getErrorCode());
  }

  static boolean isBusy(SQLException e) {
    int primary = code(e).code & 0xFF;
    return primary == SQLiteErrorCode.SQLITE_BUSY.code
        || primary == SQLiteErrorCode.SQLITE_LOCKED.code;
  }

  static boolean isDeadline(SQLException e) {
    return (code(e).code & 0xFF) == SQLiteErrorCode.SQLITE_INTERRUPT.code;
  }

  /**
   * What no entry can be blamed for at once: BUSY, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN,
   * NOTADB. LOCKED is not among them: it comes from within this connection, so from the entry
   * itself.
   */
  static void throwIfTrouble(SQLException e) throws SQLException {
    switch (code(e).code & 0xFF) {
      case 5, 7, 8, 10, 11, 13, 14, 26 -> throw e;
      default -> {} // about the statement
    }
  }
}
