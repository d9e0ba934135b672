package gyre.engine;

/**
 * Waits for readiness of a descriptor, edge by edge, until it fails or is cancelled: for the kinds
 * of descriptors that have no operation of their own.
 */
public abstract class Poll extends Operation {
  public static final OperationKind KIND = OperationKind.named("poll");

  public static final int READABLE = 1;
  public static final int WRITABLE = 4;
  public static final int ERROR = 8;
  public static final int HANG_UP = 16;

  /** Set before submit: {@link #READABLE} and {@link #WRITABLE}. */
  public int interest;

  public abstract void ready(int events);

  /** Terminal: negative errno, {@code -ECANCELED} after a cancel. */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
