package gyre.lab;

/** What the user has typed, or a file that was named, is not what it has to be. */
public final class WrongInputException extends LabException {
  private static final long serialVersionUID = 1L;

  public WrongInputException(String message) {
    super(message);
  }

  public WrongInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
