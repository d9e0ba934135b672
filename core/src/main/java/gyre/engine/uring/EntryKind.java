package gyre.engine.uring;

/**
 * One kind of entries in the submission ring, and what their completions mean. Its number is the
 * first byte of their {@code user_data}.
 */
abstract class EntryKind {
  /** Given by the table that this kind is registered with. */
  int number = -1;

  /** Memory that an entry may need beside itself, until the kernel has taken it. */
  int memoryBytes() {
    return 0;
  }

  /** Adds the entry that was put off; there is room for it, and for its memory. */
  abstract void emit(long tag);

  /**
   * A completion.
   *
   * @return whether a callback ran
   */
  abstract boolean complete(long tag, int result, int flags);

  /** A completion which nobody is told of: what it brought must not be lost. */
  void drop(int result, int flags) {
    // nothing
  }
}
