package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.io.ByteQueue;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
@Tag("fiber-modes")
class TopicTest {
  /** More than the buffers on the way hold. */
  private static final int PUBLISHED = 400;

  private static final String TEXT = "the news of today, and of the day before ".repeat(10);

  /** Subscribes whoever comes, and closes with the topic. */
  private static HttpHandler subscribing(Topic topic, WebSocketOptions options) {
    return WebSocketEndpoint.push(
        options,
        new WebSocketHandler() {
          @Override
          public void onOpen(WebSocket ws) {
            topic.subscribe(ws);
            topic.subscribe(ws);
            ws.send("ready");
          }

          @Override
          public void onText(WebSocket ws, ByteQueue text) {
            ws.sendText(text);
          }
        });
  }

  private static WebSocket subscriber(HttpServer server, WebSocketOptions options) {
    URI uri = URI.create("ws://127.0.0.1:" + server.address().getPort());
    WebSocket ws = WebSocketClient.connect(uri, options);
    assertThat(ws.receive()).isEqualTo(new Message.Text("ready"));
    ws.send("there");
    // While what opened it is under way to the kernel, a subscriber counts as slow.
    assertThat(ws.receive()).isEqualTo(new Message.Text("there"));
    return ws;
  }

  @Test
  void shouldReachEachSubscriberOnceOnAllLoopsWhateverItsEncoding() throws Exception {
    Topic topic = Topic.create();
    try (LoopGroup group = LoopGroup.open(2, Loops.options("auto"));
        HttpServer server =
            HttpServer.onRequest(
                group,
                WebSocketTest.ANY_PORT,
                HttpOptions.defaults(),
                subscribing(topic, WebSocketOptions.defaults()));
        Loop loop = Loop.open(Loops.options("auto"))) {
      loop.run(() -> {
        List<WebSocket> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          all.add(subscriber(server, WebSocketOptions.defaults().compression(i % 2 == 0)));
        }
        assertThat(topic.subscribers()).isEqualTo(10);
        topic.publish(TEXT);
        topic.publish(new byte[] {1, 2, 3});
        for (WebSocket ws : all) {
          assertThat(ws.receive()).isEqualTo(new Message.Text(TEXT));
          assertThat(((Message.Binary) ws.receive()).bytes()).containsExactly(1, 2, 3);
          ws.send("x");
          assertThat(ws.receive()).isEqualTo(new Message.Text("x"));
          ws.close();
        }
      });
      assertThat(topic.subscribers()).isZero();
      assertThat(topic.missed()).isZero();
    }
  }

  /**
   * What is published is unknown to the compressor that answers, which must not refer across it.
   */
  @Test
  void shouldMixWithCompressedAnswers() {
    Topic topic = Topic.create();
    Loops.run(
        "epoll",
        () -> {
          try (HttpServer server =
                  HttpServer.onRequest(
                      Loop.current(),
                      WebSocketTest.ANY_PORT,
                      HttpOptions.defaults(),
                      subscribing(topic, WebSocketOptions.defaults()));
              TcpStream stream = TcpStream.connect(server.address())) {
            EchoPeer peer = new EchoPeer(stream, false);
            peer.shakeHands();
            assertThat(peer.message()).isEqualTo("ready");
            for (int i = 0; i < 10; i++) {
              String answer = i + TEXT + "answer";
              stream.write(Frames.client(Frames.FIN | Opcode.TEXT, answer));
              assertThat(peer.message()).isEqualTo(answer);
              topic.publish(TEXT + i);
              assertThat(peer.message()).isEqualTo(TEXT + i);
            }
          }
        });
  }

  @Test
  void shouldRefuseClientsAsSubscribers() {
    Topic topic = Topic.create();
    Loops.run(
        "epoll",
        () -> {
          try (HttpServer server =
                  HttpServer.onRequest(
                      Loop.current(),
                      WebSocketTest.ANY_PORT,
                      HttpOptions.defaults(),
                      subscribing(topic, WebSocketOptions.defaults()));
              WebSocket ws = subscriber(server, WebSocketOptions.defaults())) {
            assertThatThrownBy(() -> topic.subscribe(ws))
                .isInstanceOf(IllegalArgumentException.class);
          }
        });
  }

  // ---- slow ones

  private interface Judge {
    void judge(Topic topic, WebSocket slow);
  }

  private static void withSlow(SlowPolicy policy, Judge judge) {
    Topic topic = Topic.create(policy);
    WebSocketOptions plain = WebSocketOptions.defaults().compression(false);
    Loops.run(
        "epoll",
        () -> {
          WebSocketOptions small = plain.stream(StreamOptions.defaults().receiveBufferBytes(8192));
          try (HttpServer server =
                  HttpServer.onRequest(
                      Loop.current(),
                      WebSocketTest.ANY_PORT,
                      HttpOptions.defaults(),
                      subscribing(topic, plain));
              WebSocket slow = subscriber(server, small)) {
            byte[] bytes = new byte[60_000];
            for (int i = 0; i < PUBLISHED; i++) {
              bytes[0] = (byte) i;
              bytes[1] = (byte) (i >> 8);
              topic.publish(bytes.clone());
              Fiber.yield();
            }
            judge.judge(topic, slow);
          }
        });
  }

  private static int number(Message message) {
    byte[] bytes = ((Message.Binary) message).bytes();
    return (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8;
  }

  @Test
  void shouldLetSlowSubscribersMissMessages() {
    withSlow(
        SlowPolicy.DROP,
        (topic, slow) -> {
          assertThat(topic.missed()).isBetween(1L, PUBLISHED - 1L);
          long received = 0;
          int last = -1;
          while (received + topic.missed() < PUBLISHED) {
            int number = number(slow.receive());
            assertThat(number).isGreaterThan(last);
            last = number;
            received++;
          }
        });
  }

  @Test
  void shouldGiveSlowSubscribersTheLatest() {
    withSlow(
        SlowPolicy.LATEST,
        (topic, slow) -> {
          assertThat(topic.missed()).isPositive();
          int last = -1;
          while (last < PUBLISHED - 1) {
            int number = number(slow.receive());
            assertThat(number).isGreaterThan(last);
            last = number;
          }
        });
  }

  @Test
  void shouldCloseSlowSubscribers() {
    withSlow(
        SlowPolicy.CLOSE,
        (topic, slow) -> {
          assertThat(topic.subscribers()).isZero();
          Message last = slow.receive();
          while (last instanceof Message.Data) {
            last = slow.receive();
          }
          assertThat(last).isEqualTo(new Message.Closed(CloseCode.ABNORMAL, ""));
        });
  }
}
