package gyre.lab.judge;

/** A promise that a server does not keep. */
final class JudgementException extends RuntimeException {
  private static final long serialVersionUID = 1;

  JudgementException(String message) {
    super(message);
  }
}
