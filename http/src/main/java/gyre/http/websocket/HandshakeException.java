package gyre.http.websocket;

import gyre.io.IoException;

/** A server has not made a WebSocket of a request, or not one that was asked for. */
public final class HandshakeException extends IoException {
  private static final long serialVersionUID = 1L;

  private final int status;

  HandshakeException(String subject, int status, String reason) {
    super("open a WebSocket on", subject, reason, 0);
    this.status = status;
  }

  /** The status of the answer; 0 if there was none that could be understood. */
  public int status() {
    return status;
  }
}
