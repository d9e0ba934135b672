package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.FreePort;
import gyre.Loop;
import gyre.Scope;
import gyre.http.websocket.CloseCode;
import gyre.http.websocket.Message;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketClient;
import gyre.io.IoException;
import gyre.net.TcpStream;
import gyre.process.ChildProcess;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example {@code chat-web}. */
@Timeout(120)
class ChatWebTest {
  private static WebSocket enter(int port, String room, String name) {
    URI uri = URI.create("ws://127.0.0.1:" + port + "/rooms/" + room + "?name=" + name);
    while (true) {
      try {
        return WebSocketClient.connect(uri);
      } catch (IoException e) {
        Fiber.sleep(Duration.ofMillis(20)); // it has not begun yet
      }
    }
  }

  private static String hear(WebSocket ws) {
    return ((Message.Text) ws.receive()).text();
  }

  @Test
  void shouldTellWhoIsInARoomWhatIsSaidThere() throws Exception {
    int port = FreePort.next();
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (Scope _ = Scope.open("program");
            ChildProcess program =
                Program.of(ChatWeb.class, "auto", String.valueOf(port)).start()) {
          WebSocket ada = enter(port, "blue", "ada");
          assertThat(hear(ada)).isEqualTo("ada comes in");
          WebSocket bob = enter(port, "blue", "bob");
          assertThat(hear(ada)).isEqualTo("bob comes in");
          assertThat(hear(bob)).isEqualTo("bob comes in");
          WebSocket eve = enter(port, "red", "eve");
          assertThat(hear(eve)).isEqualTo("eve comes in");
          ada.send("hello");
          assertThat(hear(ada)).isEqualTo("ada: hello");
          assertThat(hear(bob)).isEqualTo("ada: hello");
          ada.close();
          assertThat(hear(bob)).isEqualTo("ada leaves");
          eve.send("alone");
          assertThat(hear(eve)).as("nothing of the other room").isEqualTo("eve: alone");
          assertThat(page(port)).contains("new WebSocket(");
          Fiber<?> ending = Fiber.start(program::terminate);
          assertThat(bob.receive()).isEqualTo(new Message.Closed(CloseCode.GOING_AWAY, ""));
          bob.close();
          eve.close();
          Fiber.await(ending.end());
        }
      });
    }
  }

  private static String page(int port) {
    try (TcpStream stream = TcpStream.connect("127.0.0.1", port)) {
      stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      StringBuilder answer = new StringBuilder();
      for (String line : stream.lines(1000)) {
        answer.append(line).append('\n');
      }
      return answer.toString();
    }
  }
}
