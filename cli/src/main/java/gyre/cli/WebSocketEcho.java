package gyre.cli;

import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.http.websocket.WebSocketHandler;
import gyre.http.websocket.WebSocketOptions;
import gyre.io.ByteQueue;

/** What {@code gyre serve --websocket-echo} runs: each message goes back as it came. */
final class WebSocketEcho implements WebSocketHandler {
  /** Large enough for what tools try. */
  private static final long MESSAGE_BYTES = 16L << 20;

  private WebSocketEcho() {}

  static WebSocketEndpoint handler() {
    WebSocketOptions options =
        WebSocketOptions.defaults().messageBytes(MESSAGE_BYTES).backlogBytes(4 * MESSAGE_BYTES);
    return WebSocketEndpoint.push(options, new WebSocketEcho());
  }

  static EchoService.Service service(HttpOptions options) {
    return (group, address) -> HttpServer.onRequest(group, address, options, handler()).address();
  }

  @Override
  public void onText(WebSocket ws, ByteQueue text) {
    ws.sendText(text);
  }

  @Override
  public void onBinary(WebSocket ws, ByteQueue bytes) {
    ws.sendBinary(bytes);
  }
}
