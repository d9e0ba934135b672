package gyre.http.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.FiberMode;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.http.Compression;
import gyre.http.HttpHandler;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.ResponseBody;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.HttpClient;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** A hub and its clients, on each engine, the server in either style. */
@Tag("fiber-modes-0")
@ParameterizedClass
@CsvSource({"io_uring, true", "epoll, false", "nio, true"})
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SseTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** Longer than any of these tests, however busy the machine is. */
  private static final Duration NEVER = Duration.ofHours(1);

  /** So that one who does not read holds up the server's side soon, and is not sent away for it. */
  private static final HttpOptions SMALL =
      HttpOptions.defaults()
          .limits(HttpLimits.defaults().headTimeout(NEVER).writeTimeout(NEVER))
          .compression(Compression.gzip())
          .server(
              ServerOptions.defaults()
                  .listen(
                      ListenOptions.defaults().stream(
                          StreamOptions.defaults().sendBufferBytes(4096).outputLimitBytes(4096))));

  private static final SseClientOptions QUICK =
      SseClientOptions.defaults().firstDelay(Duration.ofMillis(1)).maxDelay(Duration.ofMillis(5));

  @Parameter(0)
  String engine = "";

  @Parameter(1)
  boolean isDirect;

  private final List<SseHub> hubs = new ArrayList<>();

  private interface Work {
    void run(HttpServer server, String url) throws Exception;
  }

  private void with(HttpHandler handler, Work work) {
    Loops.run(
        engine,
        () -> {
          HttpServer server =
              isDirect
                  ? HttpServer.serve(Loop.current(), ANY_PORT, SMALL, handler)
                  : HttpServer.onRequest(Loop.current(), ANY_PORT, SMALL, handler);
          try {
            work.run(server, "http://127.0.0.1:" + server.address().getPort() + "/events");
          } finally {
            server.close(Duration.ofMillis(100));
            for (SseHub hub : hubs) {
              hub.close();
              awaitSubscribers(hub, 0);
            }
          }
        });
  }

  private SseHub hub(SseOptions options) {
    SseHub hub = SseHub.create(options);
    hubs.add(hub);
    return hub;
  }

  private static void awaitSubscribers(SseHub hub, int count) {
    while (hub.subscribers() != count) {
      Fiber.yield();
    }
  }

  private static String data(SseClient client) {
    SseEvent event = client.next();
    return event == null ? "(end)" : event.data();
  }

  @Test
  void shouldSendEventsToAllWhoListen() {
    SseHub hub = hub(SseOptions.defaults());
    with(
        hub.handler(),
        (server, url) -> {
          try (HttpClient http = HttpClient.open(ClientOptions.defaults());
              SseClient one = SseClient.open(http, ClientRequest.get(url), QUICK);
              SseClient two = SseClient.open(http, ClientRequest.get(url), QUICK);
              Scope scope = Scope.open("publisher")) {
            scope.start(() -> {
              awaitSubscribers(hub, 1);
              hub.publish(SseEvent.of("a\nb").type("x").id("1"));
            });
            SseEvent first = one.next();
            assertThat(first).isEqualTo(SseEvent.of("a\nb").type("x").id("1"));
            scope.start(() -> {
              awaitSubscribers(hub, 2);
              hub.publish(SseEvent.of("c"));
            });
            assertThat(data(two)).as("only what comes from now on").isEqualTo("c");
            assertThat(data(one)).isEqualTo("c");
            assertThat(one.lastEventId()).isEqualTo("1");
          }
        });
  }

  @Test
  void shouldComeBackWithWhatItHasSeenLast() {
    SseHub hub = hub(SseOptions.defaults());
    HttpHandler events = hub.handler();
    List<String> seen = new ArrayList<>();
    with(
        (request, response) -> {
          String last = request.header("Last-Event-ID");
          seen.add(String.valueOf(last));
          switch (seen.size()) {
            case 1 -> { // an event, and half of another
              response.contentType("text/event-stream");
              HttpHandler.inFiber(
                      (q, r) -> {
                        ResponseBody out = r.stream();
                        out.write("retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: half");
                      })
                  .handle(request, response);
            }
            case 2 -> response.status(503).send("busy");
            default -> events.handle(request, response);
          }
        },
        (server, url) -> {
          for (int i = 1; i <= 4; i++) {
            hub.publish(SseEvent.of("event " + i).id("" + i));
          }
          try (HttpClient http = HttpClient.open(ClientOptions.defaults());
              SseClient client = SseClient.open(http, ClientRequest.get(url), QUICK)) {
            assertThat(data(client)).isEqualTo("a");
            assertThat(data(client)).isEqualTo("event 2");
            assertThat(data(client)).isEqualTo("event 3");
            assertThat(data(client)).isEqualTo("event 4");
            assertThat(seen).containsExactly("null", "1", "1");
            assertThat(client.connections()).isEqualTo(2);
          }
        });
  }

  @Test
  void shouldGoOnWithTheOldestThatIsKeptWhereTheLastOneIsNot() {
    SseHub hub = hub(SseOptions.defaults().keptEvents(3));
    with(
        hub.handler(),
        (server, url) -> {
          for (int i = 1; i <= 9; i++) {
            hub.publish(SseEvent.of("" + i).id("\u00E4" + i));
          }
          try (HttpClient http = HttpClient.open(ClientOptions.defaults());
              SseClient gone =
                  SseClient.open(http, ClientRequest.get(url).header("Last-Event-ID", "2"), QUICK);
              SseClient kept =
                  SseClient.open(
                      http,
                      ClientRequest.get(url).header("Last-Event-ID", "\u00C3\u00A48"),
                      QUICK)) {
            assertThat(data(gone)).isEqualTo("7");
            assertThat(data(kept)).isEqualTo("9");
          }
        });
  }

  @Test
  void shouldEndWithTheLastEventWhenTheServerDrains() {
    SseHub hub = hub(SseOptions.defaults().lastEvent(SseEvent.of("bye").type("end")));
    with(
        hub.handler(),
        (server, url) -> {
          try (HttpClient http = HttpClient.open(ClientOptions.defaults());
              SseClient client = SseClient.open(http, ClientRequest.get(url), QUICK.attempts(2));
              Scope scope = Scope.open("stop")) {
            scope.start(() -> {
              awaitSubscribers(hub, 1);
              hub.publish(SseEvent.of("a"));
              server.close(Duration.ofSeconds(10));
            });
            assertThat(data(client)).isEqualTo("a");
            assertThat(client.next()).isEqualTo(SseEvent.of("bye").type("end"));
            assertThatThrownBy(client::next)
                .isInstanceOf(SseException.class)
                .hasMessageContaining("gave up after 3 attempts");
            assertThat(hub.subscribers()).isZero();
          }
        });
  }

  @Test
  void shouldEndWithTheHub() {
    SseHub hub = hub(SseOptions.defaults().lastEvent(SseEvent.of("bye")));
    with(
        hub.handler(),
        (server, url) -> {
          try (HttpClient http = HttpClient.open(ClientOptions.defaults());
              SseClient client = SseClient.open(http, ClientRequest.get(url), QUICK.attempts(0));
              Scope scope = Scope.open("stop")) {
            scope.start(() -> {
              awaitSubscribers(hub, 1);
              hub.close();
            });
            assertThat(data(client)).isEqualTo("bye");
            assertThatThrownBy(client::next).isInstanceOf(SseException.class);
            assertThatThrownBy(() -> hub.publish(SseEvent.of("late")))
                .isInstanceOf(IllegalStateException.class);
          }
        });
  }

  @Test
  void shouldSendHeartbeatsAndNoticeWhoHasGone() {
    SseHub hub = hub(SseOptions.defaults().heartbeat(Duration.ofMillis(5)));
    with(
        hub.handler(),
        (server, url) -> {
          try (TcpStream client = TcpStream.connect(server.address())) {
            client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            int comments = 0;
            while (comments < 3) {
              comments += ":".equals(client.readLine(1000)) ? 1 : 0;
            }
            client.reset();
          }
          awaitSubscribers(hub, 0);
        });
  }

  /** A compressor would keep events until it has enough of them. */
  @Test
  void shouldNotCompressEvents() {
    SseHub hub = hub(SseOptions.defaults());
    with(
        hub.handler(),
        (server, _) -> {
          try (TcpStream client = TcpStream.connect(server.address())) {
            client.write("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
            awaitSubscribers(hub, 1);
            hub.publish(SseEvent.of("a"));
            String line = client.readLine(1000);
            while (line != null && !line.equals("data: a")) {
              assertThat(line).doesNotContain("gzip");
              line = client.readLine(1000);
            }
            assertThat(line).isEqualTo("data: a");
          }
        });
  }

  @Test
  void shouldEndForGoodWhereThatIsWhatTheAnswerSays() {
    with(
        (request, response) -> {
          switch (request.query()) {
            case "none" -> response.status(204).send();
            case "text" -> response.send("no events");
            case null, default -> response.status(404).send();
          }
        },
        (server, url) -> {
          try (HttpClient http = HttpClient.open(ClientOptions.defaults())) {
            assertThat(SseClient.open(http, ClientRequest.get(url + "?none"), QUICK).next())
                .isNull();
            for (String query : List.of("?text", "?404")) {
              assertThatThrownBy(
                      () -> SseClient.open(http, ClientRequest.get(url + query), QUICK).next())
                  .isInstanceOf(SseException.class)
                  .hasMessageContaining("not 200 and text/event-stream");
            }
          }
        });
  }

  @Test
  void shouldCallAHandlerInPushStyle() {
    SseHub hub = hub(SseOptions.defaults());
    hub.publish(SseEvent.of("0").id("0"));
    for (int i = 1; i <= 5; i++) {
      hub.publish(SseEvent.of("" + i));
    }
    with(
        hub.handler(),
        (server, url) -> {
          List<String> heard = new ArrayList<>();
          try (HttpClient http = HttpClient.open(ClientOptions.defaults())) {
            ClientRequest request = ClientRequest.get(url).header("Last-Event-ID", "0");
            SseClient client = SseClient.open(http, request, QUICK.attempts(0));
            Fiber<?> listening =
                client.onEvent(
                    new SseHandler() {
                      @Override
                      public void onEvent(SseEvent event) {
                        heard.add(event.data());
                        if (heard.size() == 5) {
                          hub.close();
                        }
                      }

                      @Override
                      public void onFailure(IoException failure) {
                        heard.add("over");
                      }
                    });
            Fiber.await(listening.end());
          }
          assertThat(heard).containsExactly("1", "2", "3", "4", "5", "over");
        });
  }

  @Test
  void shouldNotLetOneStalledClientHoldUpOneThousand() {
    boolean isWhole = engine.equals("io_uring") && Loops.fiberMode() == FiberMode.NATIVE;
    int clients = isWhole ? 1000 : 200;
    stalled(SseOptions.Slow.DROP_TO_LATEST, clients);
  }

  @Test
  void shouldCloseOneStalledClientByOption() {
    stalled(SseOptions.Slow.CLOSE, 5);
  }

  /** All but one read; that one gets no more than the kernel and the stream hold. */
  private void stalled(SseOptions.Slow slow, int clients) {
    SseHub hub = hub(SseOptions.defaults().slow(slow).keptEvents(16).keptBytes(1 << 20));
    int events = 50;
    String text = "x".repeat(1000);
    int bytes = SseEvent.of(text + 1000).encode().length;
    with(
        hub.handler(),
        (server, url) -> {
          StreamOptions small =
              StreamOptions.defaults().receiveBufferBytes(4096).inputLimitBytes(4096);
          int[] complete = {0};
          try (Scope scope = Scope.open("clients");
              TcpStream stalled =
                  TcpStream.connect("127.0.0.1", server.address().getPort(), small)) {
            stalled.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            stalled.pauseInput();
            long[] read = new long[clients];
            for (int i = 0; i < clients; i++) {
              int which = i;
              scope.start(() -> {
                try (TcpStream stream = TcpStream.connect(server.address())) {
                  stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                  long wanted = (long) events * bytes;
                  while (read[which] < wanted && stream.await(1)) {
                    read[which] += stream.input().size();
                    stream.input().clear();
                  }
                  complete[0]++;
                }
              });
            }
            awaitSubscribers(hub, clients + 1);
            for (int i = 0; i < events; i++) {
              hub.publish(SseEvent.of(text + (1000 + i)));
              long least = (long) (i + 1) * bytes; // at the pace of the others
              while (least(read) < least) {
                Fiber.sleep(Duration.ofMillis(1));
              }
            }
            scope.join();
            stalled.resumeInput(); // what is in between goes through, and then it is found out
            if (slow == SseOptions.Slow.CLOSE) {
              assertThatThrownBy(() -> lastOf(stalled, text + (1000 + events - 1)))
                  .isInstanceOf(IoException.class);
              assertThat(hub.closedAsSlow()).isEqualTo(1);
            } else {
              assertThat(lastOf(stalled, text + (1000 + events - 1))).isLessThan(events);
              assertThat(hub.dropped()).isBetween(1L, (long) events);
            }
          }
          assertThat(complete[0]).isEqualTo(clients);
        });
  }

  /** Reads up to this event, and counts those before it. */
  private static int lastOf(TcpStream stream, String data) {
    int before = 0;
    while (true) {
      String line = stream.readLine(4000);
      if (line == null) {
        throw new AssertionError("ended in order");
      }
      if (line.equals("data: " + data)) {
        return before;
      }
      before += line.startsWith("data: ") ? 1 : 0;
    }
  }

  private static long least(long[] values) {
    long least = Long.MAX_VALUE;
    for (long each : values) {
      least = Math.min(least, each);
    }
    return least;
  }
}
