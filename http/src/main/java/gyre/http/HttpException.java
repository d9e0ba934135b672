package gyre.http;

/**
 * A handler's way to answer with an error: {@code throw new HttpException(404, "no such user")}.
 * The message is sent to the peer, so it must not tell what is none of its business.
 */
public class HttpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status between 400 and 599
   */
  public HttpException(int status, String message) {
    super(message);
    this.status = Checks.between("status", status, 400, 599);
  }

  public final int status() {
    return status;
  }
}
