package gyre.queue;

import java.sql.SQLException;
import java.util.Set;

/** What the codes of PostgreSQL mean for an entry: whether it is to blame, and what to say. */
final class PgErrors {
  /**
   * The database itself: connections, resources, operator, system, damage; and a server that only
   * reads, as a standby does.
   */
  private static final Set<String> TROUBLE = Set.of("08", "53", "57", "58", "F0", "XX");

  /** Deadlock, serialization, a lock that could not be had. */
  private static final Set<String> BUSY = Set.of("40P01", "40001", "55P03");

  /** Values, constraints, limits of what fits. */
  private static final Set<String> OF_DATA = Set.of("22", "23", "54");

  private static final String CANCELED = "57014";
  private static final String READ_ONLY = "25006";

  private PgErrors() {}

  static String state(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "" : state;
  }

  /** No entry can be blamed for it at once. */
  static boolean isTrouble(SQLException e) {
    String state = state(e);
    return state.length() < 5
        || state.equals(READ_ONLY)
        || (TROUBLE.contains(state.substring(0, 2)) && !state.equals(CANCELED));
  }

  /** Others have what is wanted: nobody is to blame, and soon it may be free. */
  static boolean isBusy(SQLException e) {
    return BUSY.contains(state(e));
  }

  /** What was to be written can't be, now or later. */
  static boolean isOfData(SQLException e) {
    String state = state(e);
    return state.length() == 5 && OF_DATA.contains(state.substring(0, 2));
  }

  /** The limit of a statement's time, or an operator, has ended it. */
  static boolean isCanceled(SQLException e) {
    return state(e).equals(CANCELED);
  }

  /** The whole of it, without the driver's lines about where it was. */
  static String explain(SQLException e) {
    SQLException last = e;
    // A batch tells of itself; what went wrong is behind it.
    while (last.getNextException() != null && last instanceof java.sql.BatchUpdateException) {
      last = last.getNextException();
    }
    if (isCanceled(last)) {
      return "it was ended by the server: "
          + last.getMessage()
          + ": raise sql_timeout_seconds, or split it";
    }
    return String.valueOf(last.getMessage()).strip().replaceAll("\\s*\\n\\s*", " ");
  }

  static EngineTroubleException trouble(String operation, Object subject, SQLException e) {
    return new EngineTroubleException(operation + " " + subject + ": " + explain(e), e);
  }
}
