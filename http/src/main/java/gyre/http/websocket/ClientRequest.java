package gyre.http.websocket;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** What a client asks with: RFC 6455, 4.1. */
final class ClientRequest {
  /** Said by the handshake itself. */
  private static final List<String> OWN =
      List.of(
          "host",
          "upgrade",
          "connection",
          "content-length",
          "transfer-encoding",
          "sec-websocket-key",
          "sec-websocket-version",
          "sec-websocket-protocol",
          "sec-websocket-extensions");

  private ClientRequest() {}

  /** Refuses what would end a line or begin another field. */
  static void checkField(String name, String value) {
    if (!ExtensionList.isToken(name) || OWN.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("a client can't set field \"" + name + "\"");
    }
    if (!isText(value)) {
      throw new IllegalArgumentException(
          "the value of field " + name + " has a character that must not stand there");
    }
  }

  private static boolean isText(String value) {
    return value.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c != 0x7F && c <= 0xFF));
  }

  /** The target of a request for the URI. */
  static String target(URI uri) {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }

  static byte[] bytes(String host, String target, String key, WebSocketOptions options) {
    if (!(host + target).chars().allMatch(c -> c > 0x20 && c < 0x7F) || !target.startsWith("/")) {
      throw new IllegalArgumentException("can't ask host \"" + host + "\" for \"" + target + "\"");
    }
    StringBuilder head = new StringBuilder(256);
    head.append("GET ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
    head.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ").append(key);
    head.append("\r\nSec-WebSocket-Version: 13\r\n");
    if (!options.subprotocols().isEmpty()) {
      head.append("Sec-WebSocket-Protocol: ");
      head.append(String.join(", ", options.subprotocols())).append("\r\n");
    }
    if (options.compression()) {
      head.append("Sec-WebSocket-Extensions: ").append(Compression.offer()).append("\r\n");
    }
    options
        .headers()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
