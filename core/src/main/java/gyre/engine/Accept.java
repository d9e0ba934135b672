package gyre.engine;

/** Accepts connections until it fails or is cancelled. */
public abstract non-sealed class Accept extends Operation {
  /** A new, non-blocking, close-on-exec connection. The callee owns the descriptor. */
  public abstract void accepted(int connection);

  /**
   * Terminal: no further connection comes until the operation is submitted again.
   *
   * @param error negative errno, for example {@code -EMFILE}, or {@code -ECANCELED} after a cancel
   */
  public abstract void stopped(int error);
}
