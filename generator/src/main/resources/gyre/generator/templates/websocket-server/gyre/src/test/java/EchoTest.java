import static org.junit.jupiter.api.Assertions.assertEquals;

import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.websocket.Message;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketClient;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.http.websocket.WebSocketOptions;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EchoTest {
  @Test
  void shouldSendBackEachMessage() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> talk(loop));
    }
  }

  private static void talk(Loop loop) {
{{#metrics}}
    Echo echo = new Echo(new Metrics());
{{/metrics}}
{{^metrics}}
    Echo echo = new Echo();
{{/metrics}}
    WebSocketOptions options = Echo.options(Settings.defaults());
    try (HttpServer server =
            HttpServer.onRequest(
                loop,
                new InetSocketAddress("127.0.0.1", 0),
                HttpOptions.defaults(),
                WebSocketEndpoint.push(options, echo));
        WebSocket ws =
            WebSocketClient.connect(
                URI.create("ws://127.0.0.1:" + server.address().getPort() + "/"),
                WebSocketOptions.defaults())) {
      ws.send("hello");
      assertEquals(new Message.Text("hello"), ws.receive());
    }
  }
}
