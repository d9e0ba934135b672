package gyre.sim;

/** Throws on what somebody else has caught, whatever it is. */
final class Thrown {
  private Thrown() {}

  static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException exception
        ? exception
        : new IllegalStateException(failure.toString(), failure);
  }
}
