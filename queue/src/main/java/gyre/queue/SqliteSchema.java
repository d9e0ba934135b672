package gyre.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The tables that a worker makes in a database: those of the queue, which entries can't name, and
 * those for sessions, which are the user's.
 */
final class SqliteSchema {
  static final String LEDGER = SqlScript.RESERVED_PREFIX + "ledger";
  static final String ATTEMPTS = SqlScript.RESERVED_PREFIX + "attempts";
  static final String BATCHES = SqlScript.RESERVED_PREFIX + "batches";

  private SqliteSchema() {}

  /** What is there stays as it is. */
  static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!isThere(statement, LEDGER)) {
        createForSessions(statement);
      }
      statement.execute(
          "CREATE TABLE IF NOT EXISTS "
              + LEDGER
              + " (id TEXT PRIMARY KEY, done_at INTEGER NOT NULL) WITHOUT ROWID");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS "
              + ATTEMPTS
              + " (id TEXT PRIMARY KEY, attempts INTEGER NOT NULL, error TEXT NOT NULL,"
              + " last_at INTEGER NOT NULL) WITHOUT ROWID");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS "
              + BATCHES
              + " (batch TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (batch, id)) WITHOUT ROWID");
    }
  }

  private static boolean isThere(Statement statement, String table) throws SQLException {
    try (ResultSet found =
        statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = '" + table + "'")) {
      return found.next();
    }
  }

  /**
   * For entries that keep the state of sessions, as those of the shell worker do: once, when a
   * database is first used by a queue. Who has such tables keeps them, and who drops them does not
   * get them again.
   */
  private static void createForSessions(Statement statement) throws SQLException {
    statement.execute(
        "CREATE TABLE IF NOT EXISTS session_checkpoints (id INTEGER PRIMARY KEY,"
            + " session_id TEXT NOT NULL, checkpoint_name TEXT NOT NULL, checkpoint_data TEXT,"
            + " created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
            + " UNIQUE (session_id, checkpoint_name))");
    statement.execute(
        "CREATE TABLE IF NOT EXISTS session_logs (id INTEGER PRIMARY KEY,"
            + " session_id TEXT NOT NULL, log_level TEXT NOT NULL DEFAULT 'info',"
            + " message TEXT, data TEXT,"
            + " timestamp TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)");
  }
}
