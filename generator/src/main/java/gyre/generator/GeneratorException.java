package gyre.generator;

/** A project cannot be generated as it was asked for; the message says why. */
public final class GeneratorException extends RuntimeException {
  private static final long serialVersionUID = 1;

  GeneratorException(String message) {
    super(message);
  }

  GeneratorException(String message, Throwable cause) {
    super(message, cause);
  }
}
