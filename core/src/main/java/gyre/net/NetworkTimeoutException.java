package gyre.net;

/** Something on the network took longer than its limit allows. */
public final class NetworkTimeoutException extends NetworkException {
  private static final long serialVersionUID = 1L;

  NetworkTimeoutException(String operation, String subject, String reason) {
    super(operation, subject, reason, 0);
  }

  @Override
  public boolean isTimeout() {
    return true;
  }
}
