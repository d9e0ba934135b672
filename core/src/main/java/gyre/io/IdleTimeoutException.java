package gyre.io;

/** Nothing moved for longer than the limit allows. */
public final class IdleTimeoutException extends IoException {
  private static final long serialVersionUID = 1L;

  IdleTimeoutException(String operation, String subject, String reason) {
    super(operation, subject, reason, 0);
  }

  @Override
  public boolean isTimeout() {
    return true;
  }
}
