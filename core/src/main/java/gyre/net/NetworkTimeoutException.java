package gyre.net;

/** A stream waited longer than its timeout allows. */
public final class NetworkTimeoutException extends NetworkException {
  private static final long serialVersionUID = 1L;

  NetworkTimeoutException(String message) {
    super(message, 0);
  }
}
