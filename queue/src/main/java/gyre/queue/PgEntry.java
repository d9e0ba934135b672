package gyre.queue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code gyre_queue.entries} that this worker has.
 *
 * @param seq its number, which is also the order within a priority
 * @param attempts how often it was tried before
 * @param isNew the ledger does not have its id
 * @param waited how long it could be done when it was read, by the clock of the server
 * @param readNanos when that was, of {@link System#nanoTime}: so the two clocks are not compared
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
    boolean isNew,
    Duration waited,
    long readNanos) {

  /** From the time at which it could be done until now. */
  Duration age() {
    return waited.plusNanos(System.nanoTime() - readNanos);
  }

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
