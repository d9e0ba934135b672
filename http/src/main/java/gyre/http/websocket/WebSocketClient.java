package gyre.http.websocket;

import gyre.Loop;
import gyre.Timer;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.net.TcpStream;
import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets to servers. In a fiber of the loop that the WebSocket belongs to; it ends with
 * the scope in which it was opened, at the latest.
 *
 * <pre>{@code
 * try (WebSocket ws = WebSocketClient.connect(URI.create("ws://127.0.0.1:8080/chat"))) {
 *   ws.send("hello");
 *   if (ws.receive() instanceof Message.Text(String text)) { ... }
 * }
 * }</pre>
 */
public final class WebSocketClient {
  private static final int DEFAULT_PORT = 80;

  private WebSocketClient() {}

  /** As {@link #connect(URI, WebSocketOptions)}, with the defaults. */
  public static WebSocket connect(URI uri) {
    return connect(uri, WebSocketOptions.defaults());
  }

  /**
   * Connects, and parks until the handshake is done: a WebSocket in direct style.
   *
   * @param uri of scheme {@code ws}; for {@code wss} give a stream with TLS to {@link #over}
   * @throws gyre.net.NetworkException if there is no connection
   * @throws HandshakeException if the server answers something else
   */
  public static WebSocket connect(URI uri, WebSocketOptions options) {
    return open(uri, options, null);
  }

  /** As {@link #connect(URI, WebSocketOptions)}, in push style. */
  public static WebSocket connect(URI uri, WebSocketOptions options, WebSocketHandler handler) {
    return open(uri, options, Objects.requireNonNull(handler, "handler"));
  }

  /**
   * The same over a connection that is there: one with TLS, say, or through a proxy. The WebSocket
   * owns it; it is reset if the handshake fails.
   *
   * @param host for the field {@code Host}: a name, with its port unless that is the usual one
   * @param target path and query, for example {@code /chat?room=1}
   */
  public static WebSocket over(
      ByteStream stream, String host, String target, WebSocketOptions options) {
    return open(stream, host, target, options, null);
  }

  /** As {@link #over(ByteStream, String, String, WebSocketOptions)}, in push style. */
  public static WebSocket over(
      ByteStream stream,
      String host,
      String target,
      WebSocketOptions options,
      WebSocketHandler handler) {
    return open(stream, host, target, options, Objects.requireNonNull(handler, "handler"));
  }

  private static WebSocket open(
      URI uri, WebSocketOptions options, @Nullable WebSocketHandler handler) {
    String name = uri.getHost();
    if (!"ws".equalsIgnoreCase(uri.getScheme()) || name == null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "can't connect to " + uri + ": ws://HOST[:PORT]/PATH is needed, without a fragment");
    }
    int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
    String bare = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    TcpStream stream = TcpStream.connect(bare, port, options.stream(), options.connect());
    String host = port == DEFAULT_PORT ? name : name + ":" + port;
    return open(stream, host, ClientRequest.target(uri), options, handler);
  }

  private static WebSocket open(
      ByteStream stream,
      String host,
      String target,
      WebSocketOptions options,
      @Nullable WebSocketHandler handler) {
    boolean isOpen = false;
    try {
      Agreement agreement = shakeHands(stream, host, target, options);
      Connection ws = new Connection(stream, Host.none(), false, agreement, options, handler);
      ws.open();
      isOpen = true;
      return ws;
    } finally {
      if (!isOpen) {
        stream.reset();
      }
    }
  }

  private static Agreement shakeHands(
      ByteStream stream, String host, String target, WebSocketOptions options) {
    String key = HandshakeKey.create(options.random());
    boolean[] isTooLate = {false};
    Timer limit =
        Loop.current()
            .after(
                options.handshakeTimeout(),
                () -> {
                  isTooLate[0] = true;
                  stream.reset();
                });
    try {
      stream.write(ClientRequest.bytes(host, target, key, options));
      return new ClientHandshake(stream, key, options).read();
    } catch (IoException | gyre.ClosedException | gyre.CancelledException e) {
      if (isTooLate[0]) {
        throw new HandshakeException(
            stream.name(), 0, "no answer within " + options.handshakeTimeout());
      }
      throw e;
    } finally {
      limit.close();
    }
  }
}
