package gyre;

/** A fiber ended with a checked exception, which is the cause. */
public final class FiberFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FiberFailedException(Throwable cause) {
    super(cause.toString(), cause);
  }
}
