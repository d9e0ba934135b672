package gyre.io;

/**
 * The other side said no, in order: the connection stands as before, and the step of a {@link
 * Conversation} that throws this has changed nothing.
 */
public class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RefusedException(String message) {
    super(message);
  }
}
