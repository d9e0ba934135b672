package gyre.io;

/**
 * What the other side has sent is longer than the reader allows. Nothing of it was consumed: the
 * reader may answer before it closes.
 */
public class LimitExceededException extends IoException {
  private static final long serialVersionUID = 1L;

  /**
   * @param reason for example {@code no end of line within 8192 bytes}
   */
  public LimitExceededException(String operation, String subject, String reason) {
    super(operation, subject, reason, 0);
  }
}
