package gyre.engine;

/** Accepts connections until it fails or is cancelled. */
public abstract class Accept extends Operation {
  public static final OperationKind KIND = OperationKind.named("accept");

  /** A new, non-blocking, close-on-exec connection. The callee owns the descriptor. */
  public abstract void accepted(int connection);

  /**
   * Terminal: no further connection comes until the operation is submitted again.
   *
   * @param result negative errno, for example {@code -EMFILE}, or {@code -ECANCELED} after a cancel
   */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
