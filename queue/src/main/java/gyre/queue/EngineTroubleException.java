package gyre.queue;

/**
 * The database itself is in trouble: busy for too long, full, read-only, damaged. It is no fault of
 * an entry, so none is failed for it: the worker tries again later.
 */
final class EngineTroubleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EngineTroubleException(String message, Throwable cause) {
    super(message, cause);
  }
}
