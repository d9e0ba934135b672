import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketHandler;
import gyre.http.websocket.WebSocketOptions;
import gyre.io.ByteQueue;
import java.time.Duration;

/** What is done with messages: each goes back as it came. Called by the loop, so it never waits. */
final class Echo implements WebSocketHandler {
{{#metrics}}
  private final Metrics metrics;

  Echo(Metrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void onOpen(WebSocket ws) {
    metrics.opened();
  }

  @Override
  public void onClosed(WebSocket ws, int code, String reason) {
    metrics.closed();
  }

{{/metrics}}
  /** Limits of a connection: a peer beyond them is closed with the code that RFC 6455 has for it. */
  static WebSocketOptions options(Settings settings) {
    Duration quarter = settings.idleTimeout.dividedBy(4); // a dead peer is found by a ping
    return WebSocketOptions.defaults()
        .messageBytes(settings.maxMessageBytes)
        .idleTimeout(settings.idleTimeout)
        .pingInterval(quarter)
        .pongTimeout(settings.idleTimeout);
  }

  @Override
  public void onText(WebSocket ws, ByteQueue text) {
    ws.sendText(text); // the bytes that came, moved and not copied
  }

  @Override
  public void onBinary(WebSocket ws, ByteQueue bytes) {
    ws.sendBinary(bytes);
  }
}
