package gyre.http;

/** How a server tells what went wrong. */
public enum ErrorFormat {
  /** {@code 404 Not Found: no such user}. */
  TEXT("text/plain; charset=utf-8"),

  /** {@code {"status":404,"error":"Not Found","message":"no such user"}}. */
  JSON("application/json");

  private final String contentType;

  ErrorFormat(String contentType) {
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  String body(int status, String message) {
    String reason = Status.reason(status);
    if (this == TEXT) {
      return status + " " + reason + (message.isEmpty() ? "" : ": " + message) + "\n";
    }
    return "{\"status\":"
        + status
        + ",\"error\":\""
        + reason
        + "\",\"message\":\""
        + quoted(message)
        + "\"}\n";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char at = text.charAt(i);
      if (at == '"' || at == '\\') {
        quoted.append('\\').append(at);
      } else if (at < 0x20) {
        quoted.append(String.format("\\u%04x", (int) at));
      } else {
        quoted.append(at);
      }
    }
    return quoted.toString();
  }
}
