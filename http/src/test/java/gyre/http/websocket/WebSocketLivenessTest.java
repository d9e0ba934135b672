package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Silent, idle and slow peers, in virtual time. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WebSocketLivenessTest {
  private static final int PORT = 8080;

  private final List<String> told = new ArrayList<>();

  private interface Client {
    void run() throws Exception;
  }

  private void world(WebSocketOptions options, Client client) {
    world(WebSocketEndpoint.push(options, pushHandler()), client);
  }

  private WebSocketHandler pushHandler() {
    return new WebSocketHandler() {
      private long openedNanos;

      @Override
      public void onOpen(WebSocket ws) {
        openedNanos = Loop.current().nanoTime();
      }

      @Override
      public void onText(WebSocket ws, ByteQueue text) {
        String word = text.readString((int) text.size(), StandardCharsets.UTF_8);
        if (word.equals("close")) {
          ws.close(3000, "");
        }
      }

      @Override
      public void onClosed(WebSocket ws, int code, String reason) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(Loop.current().nanoTime() - openedNanos);
        told.add(code + reason + " after " + seconds + " s");
      }
    };
  }

  private static void world(HttpHandler handler, Client client) {
    Simulation.seed(1)
        .limit(Duration.ofHours(10))
        .world(world -> {
          world
              .host("server")
              .background(() -> {
                try (HttpServer server =
                    HttpServer.onRequest(
                        Loop.current(),
                        new InetSocketAddress("0.0.0.0", PORT),
                        HttpOptions.defaults(),
                        handler)) {
                  assertThat(server.connections()).isNotNull();
                  Fiber.sleep(Duration.ofDays(1));
                }
              });
          world.host("client").run(client::run);
        })
        .run();
  }

  private static void silentFor(Duration time, String... words) {
    try (TcpStream stream = TcpStream.connect("server", PORT)) {
      EchoPeer peer = new EchoPeer(stream, true);
      peer.shakeHands();
      for (String word : words) {
        stream.write(Frames.client(Frames.FIN | Opcode.TEXT, word));
      }
      Fiber.sleep(time);
    }
  }

  @Test
  void shouldFindAPeerThatIsSilent() {
    world(WebSocketOptions.defaults(), () -> silentFor(Duration.ofMinutes(5)));
    assertThat(told).containsExactly("1006 after 50 s");
  }

  @Test
  void shouldKeepAPeerThatAnswersPings() {
    world(
        WebSocketOptions.defaults().idleTimeout(Duration.ofMinutes(20)),
        () -> {
          try (WebSocket ws = WebSocketClient.connect(URI.create("ws://server:" + PORT))) {
            assertThat(ws.receive()).isEqualTo(new Message.Closed(CloseCode.GOING_AWAY, "idle"));
          }
        });
    assertThat(told).containsExactly("1001 after 1200 s");
  }

  @Test
  void shouldNotWaitForeverForTheAnswerToAGoodBye() {
    world(WebSocketOptions.defaults(), () -> silentFor(Duration.ofMinutes(5), "close", "late"));
    assertThat(told).containsExactly("1006 after 5 s");
  }

  /** The peer's close frame came first, and waits behind a message that nobody wants any more. */
  @Test
  void shouldNotWaitForAGoodByeThatHasCome() {
    WebSocketSession session =
        ws -> {
          told.add(ws.receive().toString());
          Fiber.sleep(Duration.ofSeconds(1));
          long startNanos = Loop.current().nanoTime();
          ws.close();
          long waitedNanos = Loop.current().nanoTime() - startNanos;
          told.add("closed after " + TimeUnit.NANOSECONDS.toSeconds(waitedNanos) + " s");
        };
    world(
        WebSocketEndpoint.direct(WebSocketOptions.defaults(), session),
        () -> {
          try (TcpStream stream = TcpStream.connect("server", PORT)) {
            new EchoPeer(stream, true).shakeHands();
            stream.write(Frames.client(Frames.FIN | Opcode.TEXT, "a"));
            stream.write(Frames.client(Frames.FIN | Opcode.TEXT, "b"));
            stream.write(Frames.client(Frames.FIN | Opcode.CLOSE, new byte[] {0x03, (byte) 0xE8}));
            assertThat(stream.readExactly(4)).as("the good-bye").startsWith((byte) 0x88);
            told.add("ended in order: " + !stream.await(1));
          }
        });
    assertThat(told)
        .containsExactlyInAnyOrder("Text[text=a]", "closed after 0 s", "ended in order: true");
  }

  @Test
  void shouldGiveUpAServerThatDoesNotAnswerTheHandshake() {
    world(
        WebSocketOptions.defaults(),
        () -> {
          try (TcpListener listener = TcpListener.bind("0.0.0.0", 9)) {
            Fiber<?> accepting =
                Fiber.start(() -> {
                  try (TcpStream silent = listener.accept()) {
                    boolean _ = silent.await(1) && silent.await(1000);
                  } catch (IoException e) {
                    told.add("given up");
                  }
                });
            try {
              told.add(WebSocketClient.connect(URI.create("ws://client:9")).toString());
            } catch (HandshakeException e) {
              told.add(String.valueOf(e.getMessage()).replaceAll(".*: ", ""));
            }
            Fiber.await(accepting.end());
          }
        });
    assertThat(told).containsExactlyInAnyOrder("no answer within PT10S", "given up");
  }
}
