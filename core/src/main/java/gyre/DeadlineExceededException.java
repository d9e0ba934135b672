package gyre;

/** Work was cancelled because the time it was given has passed. */
public final class DeadlineExceededException extends CancelledException {
  private static final long serialVersionUID = 1L;

  public DeadlineExceededException(String reason) {
    super(reason, null);
  }
}
