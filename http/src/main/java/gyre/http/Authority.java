package gyre.http;

/** The grammar of a host with maybe a port. No user information, no list, no escapes. */
final class Authority {
  private static final int LARGEST_PORT = 65535;

  private Authority() {}

  static boolean isValid(byte[] bytes, int from, int to) {
    if (from == to) {
      return false;
    }
    int end = bytes[from] == '[' ? endOfLiteral(bytes, from, to) : endOfName(bytes, from, to);
    return end > from && (end == to || isPort(bytes, end, to));
  }

  /** Whether there is a port with at least a digit, as CONNECT needs. */
  static boolean hasPort(byte[] bytes, int from, int to) {
    int colon = to;
    while (colon > from && Ascii.isDigit(bytes[colon - 1])) {
      colon--;
    }
    return colon < to && colon > from && bytes[colon - 1] == ':';
  }

  private static int endOfName(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && Ascii.isHost(bytes[at])) {
      at++;
    }
    return at;
  }

  /** Behind the bracket; {@code from} if it is no address of IPv6. */
  private static int endOfLiteral(byte[] bytes, int from, int to) {
    int colons = 0;
    int at = from + 1;
    while (at < to && (Ascii.isHex(bytes[at]) || bytes[at] == ':' || bytes[at] == '.')) {
      colons += bytes[at] == ':' ? 1 : 0;
      at++;
    }
    return at < to && bytes[at] == ']' && colons >= 2 && colons <= 7 ? at + 1 : from;
  }

  private static boolean isPort(byte[] bytes, int colon, int to) {
    if (bytes[colon] != ':' || to - colon > 6) {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < to; i++) {
      if (!Ascii.isDigit(bytes[i])) {
        return false;
      }
      port = port * 10 + bytes[i] - '0';
    }
    return port <= LARGEST_PORT;
  }
}
