package gyre.queue;

/**
 * A file that is no entry, or not one that can be executed. Such a file goes to {@code failed/}
 * with this message beside it, so the message is for the person who has written the file.
 */
final class BadEntryException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean mayBeGrowing;

  private BadEntryException(String message, boolean mayBeGrowing) {
    super(message);
    this.mayBeGrowing = mayBeGrowing;
  }

  /** It is wrong, and waiting will not mend it. */
  static BadEntryException wrong(String message) {
    return new BadEntryException(message, false);
  }

  /** It looks like the first part of an entry that is still being written. */
  static BadEntryException unfinished(String message) {
    return new BadEntryException(message, true);
  }

  boolean mayBeGrowing() {
    return mayBeGrowing;
  }
}
