package gyre;

/**
 * A fiber was about to wait for something that could only come after that fiber has gone on. The
 * message says who waits for whom. Nobody was parked, and nothing has changed.
 */
public final class DeadlockException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** For those who find circles of their own. */
  public DeadlockException(String message) {
    super(message);
  }
}
