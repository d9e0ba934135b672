package gyre.http.websocket;

import gyre.http.HttpException;
import gyre.http.Request;
import gyre.http.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a request becomes a WebSocket: RFC 6455, 4.2. */
final class ServerHandshake {
  private static final String VERSION = "13";

  private ServerHandshake() {}

  /**
   * What was agreed on, with the fields of the answer set; null if the request was answered
   * instead.
   *
   * @throws HttpException if it asks for something else, or must not
   */
  static @Nullable Agreement agree(Request request, Response response, WebSocketOptions options) {
    if (!request.isMethod("GET")) {
      response.status(405).header("Allow", "GET").send("a WebSocket is opened by GET\n");
      return null;
    }
    if (!hasToken(request, "Upgrade", "websocket") || !hasToken(request, "Connection", "upgrade")) {
      throw new HttpException(400, "this is a place for WebSockets: ask for an upgrade");
    }
    List<String> versions = request.headers("Sec-WebSocket-Version");
    if (versions.size() != 1 || !versions.get(0).equals(VERSION)) {
      response
          .status(426)
          .header("Sec-WebSocket-Version", VERSION)
          .send("only version 13 of WebSocket is spoken here\n");
      return null;
    }
    List<String> keys = request.headers("Sec-WebSocket-Key");
    if (keys.size() != 1 || !HandshakeKey.isValid(keys.get(0))) {
      throw new HttpException(400, "Sec-WebSocket-Key is not 16 bytes in base64");
    }
    checkOrigin(request, options);
    Agreement agreement = agree(request, options);
    response.header("Sec-WebSocket-Accept", HandshakeKey.accept(keys.get(0)));
    if (agreement.subprotocol() != null) {
      response.header("Sec-WebSocket-Protocol", agreement.subprotocol());
    }
    if (agreement.compression() != null) {
      response.header("Sec-WebSocket-Extensions", agreement.compression().answer());
    }
    return agreement;
  }

  private static void checkOrigin(Request request, WebSocketOptions options) {
    List<String> origins = request.headers("Origin");
    String host = request.host();
    boolean isAllowed =
        origins.isEmpty()
            || (origins.size() == 1 && options.origins().allows(origins.get(0), host));
    if (!isAllowed) {
      throw new HttpException(403, "pages of this origin may not open a WebSocket here");
    }
  }

  private static Agreement agree(Request request, WebSocketOptions options) {
    List<String> offered = tokens(request, "Sec-WebSocket-Protocol");
    String subprotocol =
        options.subprotocols().stream().filter(offered::contains).findFirst().orElse(null);
    Compression compression = null;
    if (options.compression()) {
      ExtensionList offers = ExtensionList.parse(request.headers("Sec-WebSocket-Extensions"));
      compression = Compression.accept(offers, options.contextTakeover());
    }
    return new Agreement(subprotocol, compression);
  }

  private static boolean hasToken(Request request, String field, String token) {
    return tokens(request, field).stream().anyMatch(token::equalsIgnoreCase);
  }

  private static List<String> tokens(Request request, String field) {
    return List.of(String.join(",", request.headers(field)).split(",", -1)).stream()
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .toList();
  }
}
