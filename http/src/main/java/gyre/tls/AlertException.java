package gyre.tls;

import javax.net.ssl.SSLException;

/** A handshake is refused before there is an engine: this alert is sent to the peer. */
final class AlertException extends SSLException {
  private static final long serialVersionUID = 1L;

  static final int UNEXPECTED_MESSAGE = 10;
  static final int RECORD_OVERFLOW = 22;
  static final int DECODE_ERROR = 50;
  static final int UNRECOGNIZED_NAME = 112;

  private static final byte FATAL = 2;
  private static final byte ALERT_TYPE = 21;

  private final int alert;

  AlertException(int alert, String message) {
    super(message);
    this.alert = alert;
  }

  /** The record that tells the peer. */
  byte[] record() {
    return new byte[] {ALERT_TYPE, 3, 3, 0, 2, FATAL, (byte) alert};
  }
}
