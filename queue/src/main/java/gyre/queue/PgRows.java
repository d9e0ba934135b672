package gyre.queue;

import gyre.queue.Inspection.Place;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What is done to one row of {@code entries}. Several may have one id, so a row is named by its
 * number: what is meant for one that was given up must not hit another that waits.
 */
final class PgRows {
  static final Set<Place> RETRIED = Set.of(Place.FAILED, Place.DELAYED);
  static final Set<Place> DISCARDED = Set.of(Place.FAILED, Place.DELAYED, Place.PENDING);

  private static final String UNIQUE_VIOLATION = "23505";

  /** A row, and what it is now. */
  record Named(long seq, Place place) {
    @Override
    public String toString() {
      return name(seq) + " (" + place.name().toLowerCase(Locale.ROOT) + ")";
    }
  }

  private PgRows() {}

  /** What an operator calls it. */
  static String name(long seq) {
    return "#" + seq;
  }

  static OptionalLong seq(String name) {
    try {
      return name.startsWith("#")
          ? OptionalLong.of(Long.parseLong(name.substring(1)))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  static String state(Place place) {
    return place == Place.PROCESSING ? "running" : place.name().toLowerCase(Locale.ROOT);
  }

  static Place place(String state) {
    return state.equals("running")
        ? Place.PROCESSING
        : Place.valueOf(state.toUpperCase(Locale.ROOT));
  }

  /**
   * The one that is called so, by its id or its number.
   *
   * @throws QueueException if several are, of those that are in one of {@code places}
   */
  static List<Named> named(Connection open, String operation, String name, Set<Place> places)
      throws SQLException {
    List<Named> found = byId(open, name, places);
    OptionalLong seq = seq(name);
    if (found.isEmpty() && seq.isPresent()) {
      return places.stream().map(each -> new Named(seq.getAsLong(), each)).toList();
    }
    if (found.size() > 1) {
      throw new QueueException(
          operation
              + " entry "
              + name
              + ": several have this id, name one of them by its number: "
              + String.join(", ", found.stream().map(Named::toString).toList()));
    }
    return found;
  }

  private static List<Named> byId(Connection open, String id, Set<Place> places)
      throws SQLException {
    List<Named> found = new ArrayList<>();
    try (PreparedStatement look =
        open.prepareStatement(
            "SELECT seq, state FROM gyre_queue.entries WHERE id = ? AND state = ANY (?)"
                + " ORDER BY seq LIMIT 10")) {
      look.setString(1, id);
      look.setArray(2, open.createArrayOf("text", places.stream().map(PgRows::state).toArray()));
      try (ResultSet rows = look.executeQuery()) {
        while (rows.next()) {
          found.add(new Named(rows.getLong(1), place(rows.getString(2))));
        }
      }
    }
    return found;
  }

  /** False if it is not there any more. */
  static boolean retry(Connection open, Named row) throws SQLException {
    try (PreparedStatement change =
        open.prepareStatement(
            "UPDATE gyre_queue.entries SET state = 'pending', due_at = NULL, attempts = 0,"
                + " changed_at = now() WHERE seq = ? AND state = ?")) {
      change.setLong(1, row.seq());
      change.setString(2, state(row.place()));
      boolean isFound = change.executeUpdate() > 0;
      PgUpkeep.notify(open, "");
      return isFound;
    } catch (SQLException e) {
      if (PgErrors.state(e).equals(UNIQUE_VIOLATION)) {
        throw new QueueException(
            "retry entry " + row + ": another with its unique key waits or runs", e);
      }
      throw e;
    }
  }

  /** Whether that is why it was refused. */
  static boolean isTaken(QueueException e) {
    return e.getCause() instanceof SQLException known
        && PgErrors.state(known).equals(UNIQUE_VIOLATION);
  }

  /** One of a batch counts as ended: else the batch would never end. */
  static boolean discard(Connection open, Named row) throws SQLException {
    try (PreparedStatement delete =
        open.prepareStatement(
            "WITH gone AS (DELETE FROM gyre_queue.entries WHERE seq = ? AND state = ?"
                + " RETURNING batch, seq),"
                + " noted AS (INSERT INTO gyre_queue.batch_ends (batch, seq)"
                + " SELECT batch, seq FROM gone WHERE batch IS NOT NULL ON CONFLICT DO NOTHING)"
                + " SELECT count(*) FROM gone")) {
      delete.setLong(1, row.seq());
      delete.setString(2, state(row.place()));
      try (ResultSet rows = delete.executeQuery()) {
        return rows.next() && rows.getLong(1) > 0;
      }
    }
  }
}
