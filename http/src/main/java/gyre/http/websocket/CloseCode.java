package gyre.http.websocket;

/** Why a WebSocket ends: RFC 6455, 7.4. Those from 3000 to 4999 are for applications. */
public final class CloseCode {
  public static final int NORMAL = 1000;

  /** The server ends, or the user has left the page. */
  public static final int GOING_AWAY = 1001;

  public static final int PROTOCOL_ERROR = 1002;

  /** Text where only binary messages are understood, or the like. */
  public static final int UNSUPPORTED = 1003;

  /** The peer has closed without saying why; never sent. */
  public static final int NONE = 1005;

  /** The connection broke without a good-bye; never sent. */
  public static final int ABNORMAL = 1006;

  /** A text is no UTF-8, or compressed data is broken. */
  public static final int INVALID_DATA = 1007;

  /** The peer does what is not allowed here: it is too slow, say. */
  public static final int POLICY = 1008;

  public static final int TOO_LARGE = 1009;

  /** The handler has failed. */
  public static final int INTERNAL_ERROR = 1011;

  private static final int REGISTERED_END = 1015;
  private static final int LEAST_OF_APPLICATIONS = 3000;
  private static final int MOST = 4999;

  private CloseCode() {}

  /** Whether it may stand in a close frame. */
  static boolean maySend(int code) {
    if (code >= LEAST_OF_APPLICATIONS) {
      return code <= MOST;
    }
    return code >= NORMAL
        && code < REGISTERED_END
        && code != NONE
        && code != ABNORMAL
        && code != 1004;
  }

  static int checkMaySend(int code) {
    if (!maySend(code)) {
      throw new IllegalArgumentException(
          "a close frame can't have code " + code + ": 1000 for a normal end, or 3000 to 4999");
    }
    return code;
  }
}
