package gyre.queue;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code gyre_queue.entries} that this worker has.
 *
 * @param seq its number, which is also the order within a priority
 * @param attempts how often it was tried before
 * @param isNew the ledger does not have its id
 */
record PgEntry(
    long seq,
    String id,
    String operation,
    int priority,
    String content,
    @Nullable String uniqueKey,
    @Nullable String batch,
    int attempts,
    boolean isNew) {

  /**
   * What its content says.
   *
   * @throws BadEntryException if that is no entry: anybody may write rows
   */
  Entry entry() throws BadEntryException {
    Entry said = EntryReader.parse(content.getBytes(StandardCharsets.UTF_8), () -> id);
    if (!said.operation().equals(operation)) {
      throw BadEntryException.wrong(
          "the row's operation is \""
              + operation
              + "\", and that of its content \""
              + said.operation()
              + "\"");
    }
    return said;
  }

  String batchName() {
    return batch == null ? "" : batch;
  }
}
