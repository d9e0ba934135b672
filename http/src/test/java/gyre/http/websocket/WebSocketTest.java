package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Task;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Router;
import gyre.io.ByteQueue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Our client against our server, in each pair of styles. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@Tag("fiber-modes-0")
class WebSocketTest {
  static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** Style of the server, and of the WebSocket on it. */
  enum Styles {
    DIRECT_ON_DIRECT,
    DIRECT_ON_PUSH,
    PUSH_ON_DIRECT,
    PUSH_ON_PUSH;

    boolean isPushServer() {
      return this == DIRECT_ON_PUSH || this == PUSH_ON_PUSH;
    }

    boolean isPush() {
      return this == PUSH_ON_DIRECT || this == PUSH_ON_PUSH;
    }

    HttpServer open(HttpHandler handler) {
      return isPushServer()
          ? HttpServer.onRequest(Loop.current(), ANY_PORT, HttpOptions.defaults(), handler)
          : HttpServer.serve(Loop.current(), ANY_PORT, HttpOptions.defaults(), handler);
    }

    HttpServer echo(WebSocketOptions options) {
      return open(isPush() ? pushEcho(options) : directEcho(options));
    }
  }

  static HttpHandler pushEcho(WebSocketOptions options) {
    return WebSocketEndpoint.push(
        options,
        new WebSocketHandler() {
          @Override
          public void onText(WebSocket ws, ByteQueue text) {
            boolean ignored = ws.sendText(text);
          }

          @Override
          public void onBinary(WebSocket ws, ByteQueue bytes) {
            boolean ignored = ws.sendBinary(bytes);
          }
        });
  }

  static HttpHandler directEcho(WebSocketOptions options) {
    return WebSocketEndpoint.direct(
        options,
        ws -> {
          for (Message.Data message : ws) {
            switch (message) {
              case Message.Text(String text) -> ws.send(text);
              case Message.Binary(byte[] bytes) -> ws.send(bytes);
            }
          }
        });
  }

  private static void run(Task task) {
    for (String engine : List.of("io_uring", "epoll", "nio")) {
      Loops.run(engine, task);
    }
  }

  static URI uri(HttpServer server) {
    return URI.create("ws://127.0.0.1:" + server.address().getPort() + "/echo");
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldEchoMessagesOfEverySize(Styles styles) {
    WebSocketOptions options =
        WebSocketOptions.defaults().messageBytes(1 << 20).inflationRatio(2000);
    run(() -> {
      try (HttpServer server = styles.echo(options);
          WebSocket ws = WebSocketClient.connect(uri(server), options)) {
        assertThat(ws.isCompressed()).isTrue();
        for (int size : new int[] {0, 1, 125, 126, 127, 65535, 65536, 300_000, 1 << 20}) {
          byte[] bytes = new byte[size];
          for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >>> 8) * 17);
          }
          assertThat(ws.send(bytes)).isTrue();
          assertThat(((Message.Binary) ws.receive()).bytes()).isEqualTo(bytes);
          String text = "grün ".repeat(size / 6);
          assertThat(ws.send(text)).isTrue();
          assertThat(ws.receive()).isEqualTo(new Message.Text(text));
        }
      }
    });
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldCloseWithTheCodeOfWhoeverCloses(Styles styles) {
    List<Message.Closed> ends = new ArrayList<>();
    run(() -> {
      HttpHandler handler =
          styles.isPush()
              ? WebSocketEndpoint.push(
                  WebSocketOptions.defaults(),
                  new WebSocketHandler() {
                    @Override
                    public void onClosed(WebSocket ws, int code, String reason) {
                      ends.add(new Message.Closed(code, reason));
                    }
                  })
              : WebSocketEndpoint.direct(
                  WebSocketOptions.defaults(), ws -> ends.add((Message.Closed) ws.receive()));
      try (HttpServer server = styles.open(handler)) {
        WebSocket ws = WebSocketClient.connect(uri(server));
        ws.close(3333, "enough");
        assertThat(ws.send("too late")).isFalse();
        assertThat(ws.receive()).isEqualTo(new Message.Closed(3333, ""));
        ws.close();
        assertThat(ws.isOpen()).isFalse();
      }
    });
    assertThat(ends).hasSize(3).containsOnly(new Message.Closed(3333, "enough"));
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldSayThatTheServerGoesAway(Styles styles) {
    run(() -> {
      HttpServer server = styles.echo(WebSocketOptions.defaults());
      WebSocket ws = WebSocketClient.connect(uri(server));
      ws.send("hello");
      assertThat(ws.receive()).isEqualTo(new Message.Text("hello"));
      Fiber<?> closing = Fiber.start(() -> server.close(Duration.ofSeconds(20)));
      assertThat(ws.receive()).isEqualTo(new Message.Closed(CloseCode.GOING_AWAY, ""));
      ws.close();
      Fiber.await(closing.end());
    });
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldTellTheClientThatTheHandlerHasFailed(Styles styles) {
    List<Throwable> reported = new ArrayList<>();
    Loops.runReporting(
        Loops.options("epoll").failures((source, failure) -> reported.add(failure)),
        () -> {
          HttpHandler handler =
              styles.isPush()
                  ? WebSocketEndpoint.push(
                      WebSocketOptions.defaults(),
                      new WebSocketHandler() {
                        @Override
                        public void onText(WebSocket ws, ByteQueue text) {
                          throw new IllegalStateException("planned");
                        }
                      })
                  : WebSocketEndpoint.direct(
                      WebSocketOptions.defaults(),
                      ws -> {
                        Message ignored = ws.receive();
                        throw new IllegalStateException("planned");
                      });
          try (HttpServer server = styles.open(handler);
              WebSocket ws = WebSocketClient.connect(uri(server))) {
            ws.send("x");
            assertThat(ws.receive()).isEqualTo(new Message.Closed(CloseCode.INTERNAL_ERROR, ""));
          }
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.get(0)).hasMessageContaining("planned");
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldAgreeOnASubprotocol(Styles styles) {
    WebSocketOptions options = WebSocketOptions.defaults().subprotocols("v2", "v1");
    run(() -> {
      try (HttpServer server = styles.echo(options)) {
        try (WebSocket ws =
            WebSocketClient.connect(
                uri(server), WebSocketOptions.defaults().subprotocols("v1", "v2", "v3"))) {
          assertThat(ws.subprotocol()).isEqualTo("v2");
        }
        try (WebSocket ws =
            WebSocketClient.connect(uri(server), WebSocketOptions.defaults().compression(false))) {
          assertThat(ws.subprotocol()).isNull();
          assertThat(ws.isCompressed()).isFalse();
        }
      }
    });
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldBeAPlaceAmongOthers(Styles styles) {
    run(() -> {
      Router router =
          Router.create()
              .get("/plain", (request, response) -> response.send("plain"))
              .get(
                  "/rooms/{room}",
                  WebSocketEndpoint.directFor(
                      WebSocketOptions.defaults(),
                      request -> {
                        String room = request.parameter("room");
                        return ws -> ws.send("welcome to " + room);
                      }));
      try (HttpServer server = styles.open(router)) {
        URI rooms = uri(server).resolve("/rooms/blue");
        try (WebSocket ws = WebSocketClient.connect(rooms)) {
          assertThat(ws.receive()).isEqualTo(new Message.Text("welcome to blue"));
          assertThat(ws.receive()).isEqualTo(new Message.Closed(CloseCode.NORMAL, ""));
        }
        assertThatThrownBy(() -> WebSocketClient.connect(uri(server).resolve("/plain")))
            .isInstanceOf(HandshakeException.class)
            .hasMessageContaining("the server answers 200");
      }
    });
  }

  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldParkWhoeverSendsToASlowPeer(Styles styles) {
    WebSocketOptions options = WebSocketOptions.defaults().compression(false);
    int messages = 300;
    run(() -> {
      HttpHandler handler =
          WebSocketEndpoint.direct(
              options,
              ws -> {
                byte[] bytes = new byte[60_000];
                for (int i = 0; i < messages; i++) {
                  bytes[0] = (byte) i;
                  assertThat(ws.send(bytes)).isTrue();
                }
              });
      try (HttpServer server = styles.open(handler);
          WebSocket ws = WebSocketClient.connect(uri(server), options)) {
        Fiber.sleep(Duration.ofMillis(50)); // what is in flight fills up; nothing depends on it
        for (int i = 0; i < messages; i++) {
          assertThat(((Message.Binary) ws.receive()).bytes()[0]).isEqualTo((byte) i);
        }
        assertThat(ws.receive()).isEqualTo(new Message.Closed(CloseCode.NORMAL, ""));
      }
    });
  }

  /** What is compressed for another message must not get into the one that is being looked at. */
  @ParameterizedTest
  @EnumSource(Styles.class)
  void shouldSendOtherMessagesBeforeTheOneThatCame(Styles styles) {
    String other = "another message ".repeat(30);
    String text = "the message that came ".repeat(30);
    run(() -> {
      HttpHandler handler =
          WebSocketEndpoint.push(
              WebSocketOptions.defaults(),
              new WebSocketHandler() {
                @Override
                public void onText(WebSocket ws, ByteQueue came) {
                  ws.send(other);
                  ws.sendText(came);
                  ws.send(other);
                }
              });
      try (HttpServer server = styles.open(handler);
          WebSocket ws = WebSocketClient.connect(uri(server))) {
        for (int i = 0; i < 3; i++) {
          ws.send(text);
          assertThat(ws.receive()).isEqualTo(new Message.Text(other));
          assertThat(ws.receive()).isEqualTo(new Message.Text(text));
          assertThat(ws.receive()).isEqualTo(new Message.Text(other));
        }
      }
      assertThat(LoopShare.ofLoop(Loop.current())).as("nothing is kept").isNull();
    });
  }
}
