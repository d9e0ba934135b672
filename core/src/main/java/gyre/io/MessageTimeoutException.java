package gyre.io;

/** A message had begun, and its end did not come in time. What came of it is still there. */
public final class MessageTimeoutException extends IoException {
  private static final long serialVersionUID = 1L;

  MessageTimeoutException(String subject, String reason) {
    super("receive a message from", subject, reason, 0);
  }

  @Override
  public boolean isTimeout() {
    return true;
  }
}
