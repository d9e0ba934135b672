package gyre.queue;

/**
 * Told at the places where an end of the process would be worst, so that tests can have one there.
 * The product has only {@link #NONE}.
 */
@FunctionalInterface
interface Probe {
  Probe NONE = point -> {};

  /** The places, in the order in which an entry comes by. */
  enum Point {
    /** The entry is in {@code processing/}. */
    CLAIMED,
    /** The ledger has it, in a transaction that is open. */
    LEDGER_WRITTEN,
    /** All of the batch is executed, and nothing is committed. */
    BEFORE_COMMIT,
    /** It is committed, and the file is still in {@code processing/}. */
    AFTER_COMMIT,
    /** The file is in {@code completed/}. */
    COMPLETED
  }

  void at(Point point);
}
