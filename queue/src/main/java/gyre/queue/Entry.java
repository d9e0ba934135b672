package gyre.queue;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an entry's file says.
 *
 * @param id what makes it one and the same for the ledger; given by who wrote it, or made from the
 *     file itself
 * @param operation which handler executes it
 * @param payload any JSON value, for the handler
 * @param parameters of SQL
 * @param uniqueKey empty, or what no other waiting entry may have
 * @param batch empty, or the batch that it belongs to
 * @param wantsResult whether somebody waits for what comes of it
 */
record Entry(
    String id,
    String operation,
    @Nullable Object payload,
    List<@Nullable Object> parameters,
    Map<String, @Nullable Object> metadata,
    String uniqueKey,
    String batch,
    boolean wantsResult) {
  static final String SQL = "sql";

  /** The text of the statements, if this is an entry of SQL. */
  String sql() throws BadEntryException {
    Object text = payload;
    if (payload instanceof Map<?, ?> map) {
      text = map.get("sql");
    }
    if (text instanceof String sql && !sql.isBlank()) {
      return sql;
    }
    throw BadEntryException.wrong(
        "the payload of an SQL entry must be the statement as a string, or {\"sql\": \"...\"}");
  }
}
