package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.http.HttpOptions;
import gyre.http.websocket.Message;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code gyre serve --websocket-echo}. */
@Timeout(60)
class WebSocketEchoTest {
  @Test
  void shouldSendBackWhatItGets() {
    try (LoopGroup group = LoopGroup.open(2);
        Loop loop = Loop.open()) {
      InetSocketAddress address =
          WebSocketEcho.service(HttpOptions.defaults())
              .open(group, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      loop.run(() -> {
        URI uri = URI.create("ws://127.0.0.1:" + address.getPort() + "/any");
        try (WebSocket ws = WebSocketClient.connect(uri)) {
          ws.send("héllo");
          assertThat(ws.receive()).isEqualTo(new Message.Text("héllo"));
          ws.send(new byte[] {1, 2, 3});
          assertThat(((Message.Binary) ws.receive()).bytes()).containsExactly(1, 2, 3);
        }
      });
    }
  }
}
