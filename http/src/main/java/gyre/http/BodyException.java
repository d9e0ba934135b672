package gyre.http;

import gyre.io.IoException;

/** The body of a request is too long, malformed, too slow or cut short: the peer's doing. */
public final class BodyException extends IoException {
  private static final long serialVersionUID = 1L;

  private final int status;

  BodyException(String subject, Problem problem) {
    super("read the body of", subject, problem.text(), 0);
    this.status = problem.status();
  }

  /** What a handler that lets it pass is answered with. */
  public int status() {
    return status;
  }
}
