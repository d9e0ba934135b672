package gyre.http.websocket;

import gyre.io.ByteStream;
import gyre.io.EndOfStreamException;
import gyre.io.LimitExceededException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a server answers, and no byte beyond: RFC 6455, 4.1. Strict: who answers something
 * that was not asked for may be anything.
 */
final class ClientHandshake {
  private static final int LINE_BYTES = 8 * 1024;
  private static final int MOST_FIELDS = 100;

  private final ByteStream stream;
  private final String key;
  private final WebSocketOptions options;
  private final List<String> names = new ArrayList<>();
  private final List<String> values = new ArrayList<>();
  private int status;

  ClientHandshake(ByteStream stream, String key, WebSocketOptions options) {
    this.stream = stream;
    this.key = key;
    this.options = options;
  }

  /** Parks until the answer is there. */
  Agreement read() {
    String line = line();
    if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
      throw refused("the answer is not HTTP/1.1");
    }
    status = Integer.parseInt(line.substring(9, 12));
    for (line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon <= 0 || !ExtensionList.isToken(line.substring(0, colon))) {
        throw refused("a field of the answer is malformed");
      }
      if (names.size() == MOST_FIELDS) {
        throw refused("the answer has more than " + MOST_FIELDS + " fields");
      }
      boolean ignored = names.add(line.substring(0, colon));
      boolean _ = values.add(line.substring(colon + 1).strip());
    }
    return check();
  }

  private String line() {
    try {
      String line = stream.readLine(LINE_BYTES, StandardCharsets.ISO_8859_1);
      if (line == null) {
        throw refused("the server has closed the connection");
      }
      return line;
    } catch (EndOfStreamException e) {
      throw refused("the server has closed the connection");
    } catch (LimitExceededException e) {
      throw refused("a line of the answer has more than " + LINE_BYTES + " bytes");
    }
  }

  private Agreement check() {
    if (status != 101) {
      throw refused("the server answers " + status);
    }
    if (!"websocket".equalsIgnoreCase(one("Upgrade"))) {
      throw refused("the answer has no Upgrade to websocket");
    }
    boolean saysUpgrade =
        List.of(String.join(",", all("Connection")).split(",", -1)).stream()
            .anyMatch(token -> token.strip().equalsIgnoreCase("upgrade"));
    if (!saysUpgrade) {
      throw refused("the answer has no Connection: Upgrade");
    }
    if (!HandshakeKey.accept(key).equals(one("Sec-WebSocket-Accept"))) {
      throw refused("Sec-WebSocket-Accept does not fit the key");
    }
    return new Agreement(subprotocol(), compression());
  }

  private @Nullable String subprotocol() {
    List<String> said = all("Sec-WebSocket-Protocol");
    if (said.isEmpty()) {
      return null;
    }
    if (said.size() > 1 || !options.subprotocols().contains(said.get(0))) {
      throw refused("the server speaks a subprotocol that was not asked for");
    }
    return said.get(0);
  }

  private @Nullable Compression compression() {
    ExtensionList said = ExtensionList.parse(all("Sec-WebSocket-Extensions"));
    if (said.isValid() && said.extensions().isEmpty()) {
      return null;
    }
    Compression confirmed =
        options.compression() && said.extensions().size() == 1
            ? Compression.confirm(said.extensions().get(0))
            : null;
    if (confirmed == null) {
      throw refused("the server answers extensions that were not asked for");
    }
    return confirmed;
  }

  private List<String> all(String name) {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        boolean ignored = found.add(values.get(i));
      }
    }
    return found;
  }

  private @Nullable String one(String name) {
    List<String> found = all(name);
    return found.size() == 1 ? found.get(0) : null;
  }

  private HandshakeException refused(String reason) {
    return stream.byPeer(new HandshakeException(stream.name(), status, reason));
  }
}
