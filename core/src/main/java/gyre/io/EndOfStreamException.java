package gyre.io;

/**
 * The stream ended in the middle: of a line, of a message, of the bytes that were to be read. What
 * came of it is still in {@link ByteSource#input}, unless the method that throws says otherwise.
 */
public final class EndOfStreamException extends IoException {
  private static final long serialVersionUID = 1L;

  /**
   * @param reason for example {@code ended 3 bytes before what was to be read}
   */
  public EndOfStreamException(String operation, String subject, String reason) {
    super(operation, subject, reason, 0);
  }
}
