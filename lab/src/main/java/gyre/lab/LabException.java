package gyre.lab;

/** Something that the user can do something about: one line that says what. */
public sealed class LabException extends RuntimeException permits WrongInputException {
  private static final long serialVersionUID = 1L;

  public LabException(String message) {
    super(message);
  }

  public LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
