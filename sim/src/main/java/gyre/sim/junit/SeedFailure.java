package gyre.sim.junit;

/** A seed has failed: the message says how to have that again, and the cause is what failed. */
public final class SeedFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  SeedFailure(String message, Throwable cause) {
    super(message, cause);
    Throwable first = cause.getCause() == null ? cause : cause.getCause();
    setStackTrace(first.getStackTrace()); // where it was noticed is of no interest
  }
}
