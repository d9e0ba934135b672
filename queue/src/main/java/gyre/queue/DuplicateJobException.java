package gyre.queue;

/** An entry with the same unique key waits or runs: this one was not enqueued. */
public final class DuplicateJobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String key;

  DuplicateJobException(String key) {
    super("enqueue: an entry with the unique key \"" + key + "\" waits or runs already");
    this.key = key;
  }

  public String key() {
    return key;
  }
}
