package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.Cancellation;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.http.HttpHandler;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.ResponseBody;
import gyre.io.ByteQueue;
import gyre.net.PoolCounters;
import gyre.net.PoolOptions;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: each option of the client once, against one server.
/** What a client does with a server that keeps the rules, on each engine. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HttpClientTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static final Duration LONGEST_DEADLINE = Duration.ofSeconds(10);

  @Parameter String engine = "";

  /** What a test does with a client and the URL of a server. */
  private interface Work {
    void run(HttpClient client, String url) throws Exception;
  }

  private void with(ClientOptions options, HttpHandler handler, Work work) {
    Loops.run(
        engine,
        () -> {
          HttpServer server =
              HttpServer.serve(Loop.current(), ANY_PORT, HttpOptions.defaults(), handler);
          try (HttpClient client = HttpClient.open(options)) {
            work.run(client, "http://127.0.0.1:" + server.address().getPort());
          } finally {
            server.close(Duration.ofMillis(10)); // some handlers have fallen asleep
          }
        });
  }

  private void with(HttpHandler handler, Work work) {
    with(ClientOptions.defaults(), handler, work);
  }

  private static String text(HttpClient client, ClientRequest request) {
    try (ClientResponse response = client.send(request)) {
      return response.status() + " " + response.body().readText();
    }
  }

  @Test
  void shouldAskAndReadTheAnswer() {
    with(
        (request, response) ->
            response
                .header("X-Host", String.valueOf(request.host()))
                .header("X-Agent", String.valueOf(request.header("User-Agent")))
                .send(request.method() + " " + request.target()),
        (client, url) -> {
          try (ClientResponse response = client.send(ClientRequest.get(url + "/a?b=c"))) {
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.version()).isEqualTo("HTTP/1.1");
            assertThat(response.header("x-host")).isEqualTo(url.substring(7));
            assertThat(response.header("X-Agent")).isEqualTo("gyre");
            assertThat(response.header("X-None")).isNull();
            assertThat(response.body().readText()).isEqualTo("GET /a?b=c");
            assertThat(response.timings().totalNanos()).isPositive();
          }
        });
  }

  @Test
  void shouldUseAConnectionAgain() {
    with(
        (request, response) -> response.send(request.connectionName()),
        (client, url) -> {
          String first = text(client, ClientRequest.get(url));
          for (int i = 0; i < 5; i++) {
            assertThat(text(client, ClientRequest.get(url))).isEqualTo(first);
          }
          assertThat(client.counters().connects()).isEqualTo(1);
        });
  }

  @Test
  void shouldFreeTheConnectionOfAnAnswerWithoutBodyAtOnce() {
    with(
        (request, response) -> response.status(204).send(),
        (client, url) -> {
          ClientResponse open = client.send(ClientRequest.get(url));
          assertThat(client.counters().idle()).isEqualTo(1);
          open.close();
          assertThat(client.counters().idle()).isEqualTo(1);
        });
  }

  @Test
  void shouldNotUseAConnectionAgainWhoseAnswerWasNotRead() {
    with(
        (request, response) -> {
          ResponseBody out = response.stream();
          for (int i = 0; i < 1000; i++) {
            out.write(new byte[10_000]);
          }
        },
        (client, url) -> {
          client.send(ClientRequest.get(url)).close();
          assertThat(client.counters().idle()).isZero();
          assertThat(client.counters().lent()).isZero();
        });
  }

  @Test
  void shouldSendBodiesOfEveryKind() {
    with(
        (request, response) ->
            response.send(
                request.header("Content-Length")
                    + " "
                    + request.header("Transfer-Encoding")
                    + " "
                    + request.body().readText()
                    + " "
                    + request.body().trailer("Sum")),
        (client, url) -> {
          assertThat(text(client, ClientRequest.post(url).body("abc")))
              .isEqualTo("200 3 null abc null");
          assertThat(text(client, ClientRequest.post(url))).isEqualTo("200 0 null  null");
          assertThat(
                  text(
                      client,
                      ClientRequest.post(url)
                          .body(out -> {
                            out.write("ab");
                            out.write(new byte[0]);
                            out.write("c");
                            out.trailer("Sum", "3");
                          })))
              .isEqualTo("200 null chunked abc 3");
          assertThat(text(client, ClientRequest.put(url).body(3, out -> out.write("abc"))))
              .isEqualTo("200 3 null abc null");
          assertThat(client.counters().connects()).isEqualTo(1);
        });
  }

  @Test
  void shouldStreamBothWaysAtOnce() {
    with(
        (request, response) -> {
          ResponseBody out = response.stream();
          request.body().limit(Long.MAX_VALUE).transferTo(out);
        },
        (client, url) -> {
          List<String> heard = new ArrayList<>();
          ClientRequest request =
              ClientRequest.post(url)
                  .body(out -> {
                    for (int i = 0; i < 20; i++) {
                      out.write("line " + i + "\n");
                      int asked = i;
                      while (heard.size() <= asked) { // the answer to this one before the next
                        Fiber.yield();
                      }
                    }
                  });
          try (ClientResponse response = client.send(request)) {
            for (String line : response.body().lines(100)) {
              heard.add(line);
            }
          }
          assertThat(heard).hasSize(20).endsWith("line 19");
          assertThat(client.counters().idle()).isEqualTo(1);
        });
  }

  @Test
  void shouldWaitWithALargeBodyForASlowServer() {
    int mib = 1 << 20;
    with(
        (request, response) -> {
          long bytes = 0;
          var body = request.body().limit(Long.MAX_VALUE);
          while (body.await(1)) {
            bytes += body.input().size();
            body.input().clear();
            Fiber.yield();
          }
          response.send("" + bytes);
        },
        (client, url) -> {
          ClientRequest request =
              ClientRequest.post(url)
                  .body(out -> {
                    for (int i = 0; i < 64; i++) {
                      out.write(new byte[mib / 4]);
                    }
                  });
          assertThat(text(client, request)).isEqualTo("200 " + 16 * mib);
        });
  }

  @Test
  void shouldReadALargeAnswerInPieces() {
    with(
        (request, response) -> {
          ResponseBody out = response.stream();
          for (int i = 0; i < 200; i++) {
            out.write(new byte[50_000]);
          }
          out.trailer("Pieces", "200");
        },
        (client, url) -> {
          try (ClientResponse response = client.send(ClientRequest.get(url))) {
            ClientBody body = response.body().limit(Long.MAX_VALUE);
            long bytes = 0;
            while (body.await(1)) {
              assertThat(body.input().size()).isLessThanOrEqualTo(AnswerBody.HELD_BYTES);
              bytes += body.input().size();
              body.input().clear();
            }
            assertThat(bytes).isEqualTo(10_000_000);
            assertThat(body.trailer("pieces")).isEqualTo("200");
          }
        });
  }

  @Test
  void shouldRefuseAnAnswerThatIsLongerThanTheLimit() {
    with(
        (request, response) -> response.send(new byte[2 << 20]),
        (client, url) -> {
          assertThatThrownBy(() -> text(client, ClientRequest.get(url)))
              .isInstanceOf(HttpClientException.class)
              .hasMessageContaining("the body is larger than 1048576 bytes");
          assertThat(client.counters().lent()).isZero();
        });
  }

  @Test
  void shouldAskBeforeItSendsABody() {
    with(
        (request, response) -> {
          if (request.isPath("/no")) {
            response.status(403).send("no");
          } else {
            response.send(request.body().readText());
          }
        },
        (client, url) -> {
          ClientRequest ask = ClientRequest.post(url + "/yes").body("abc").expectContinue(true);
          assertThat(text(client, ask)).isEqualTo("200 abc");
          ClientRequest unwanted =
              ClientRequest.post(url + "/no")
                  .body(out -> {
                    throw new AssertionError("is not wanted");
                  })
                  .expectContinue(true);
          assertThat(text(client, unwanted)).isEqualTo("403 no");
        });
  }

  @Test
  void shouldTellOfAWriterThatFails() {
    with(
        (request, response) -> response.send(request.body().readText()),
        (client, url) -> {
          ClientRequest request =
              ClientRequest.post(url)
                  .body(out -> {
                    out.write("abc");
                    throw new IllegalStateException("no more");
                  });
          assertThatThrownBy(() -> text(client, request))
              .isInstanceOf(HttpClientException.class)
              .hasMessageContaining("the writer of the body has failed")
              .hasRootCauseMessage("no more");
          assertThatThrownBy(
                  () -> text(client, ClientRequest.post(url).body(5, out -> out.write("abc"))))
              .hasMessageContaining("2 bytes are missing");
          assertThat(text(client, ClientRequest.post(url).body("x"))).isEqualTo("200 x");
        });
  }

  @Test
  void shouldReadTheAnswerOfAServerThatDoesNotWantTheRest() {
    with(
        (request, response) -> response.status(413).send("too much"),
        (client, url) -> {
          ClientRequest endless =
              ClientRequest.post(url)
                  .body(out -> {
                    while (true) {
                      out.write(new byte[1000]);
                    }
                  });
          try (ClientResponse response = client.send(endless)) {
            assertThat(response.status()).isEqualTo(413);
          }
          assertThat(client.counters().lent()).isZero();
        });
  }

  // ---- compression

  private static byte[] gzip(byte[] bytes) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  @Test
  void shouldInflateIfItHasAskedForThat() {
    String text = "hello ".repeat(5000);
    with(
        (request, response) -> {
          boolean asked = "gzip".equals(request.header("Accept-Encoding"));
          byte[] zip = gzip(text.getBytes(StandardCharsets.UTF_8));
          response.header("Content-Encoding", "gzip").header("X-Asked", "" + asked).send(zip);
        },
        (client, url) -> {
          ClientRequest request = ClientRequest.get(url);
          assertThat(text(client, request.gzip(true))).isEqualTo("200 " + text);
          try (ClientResponse response = client.send(request)) {
            assertThat(response.header("X-Asked")).isEqualTo("false");
            assertThat(response.body().readAll())
                .isEqualTo(gzip(text.getBytes(StandardCharsets.UTF_8)));
          }
          try (ClientResponse response = client.send(ClientRequest.head(url).gzip(true))) {
            assertThat(response.body().readAll()).isEmpty();
          }
          assertThat(client.counters().connects()).isEqualTo(1);
        });
  }

  @Test
  void shouldRefuseABomb() {
    with(
        ClientOptions.defaults().gzip(true).inflatedBytes(10 << 20),
        (request, response) -> {
          int length = request.isPath("/ratio") ? 4 << 20 : 100 << 10;
          response.header("Content-Encoding", "gzip").send(gzip(new byte[length]));
        },
        (client, url) -> {
          ClientRequest ratio = ClientRequest.get(url + "/ratio");
          assertThatThrownBy(() -> drop(client, ratio))
              .hasMessageContaining("more than 100 times as long");
          try (HttpClient patient =
              HttpClient.open(client.options().inflateRatio(10_000).inflatedBytes(1 << 20))) {
            assertThatThrownBy(() -> drop(patient, ratio))
                .hasMessageContaining("longer than 1048576 bytes");
          }
        });
  }

  private static void drop(HttpClient client, ClientRequest request) {
    try (ClientResponse response = client.send(request)) {
      ClientBody body = response.body().limit(Long.MAX_VALUE);
      while (body.await(1)) {
        body.input().clear();
      }
    }
  }

  @Test
  void shouldRefuseGzipThatIsBroken() {
    byte[] damaged = new byte[1];
    with(
        ClientOptions.defaults().gzip(true),
        (request, response) -> {
          byte[] zip = gzip("hello hello hello".getBytes(StandardCharsets.UTF_8));
          int last = zip.length;
          switch (request.path()) {
            case "/sum" -> zip[last - 8]++;
            case "/length" -> zip[last - 4]++;
            case "/magic" -> zip[0]++;
            case "/cut" -> zip = java.util.Arrays.copyOf(zip, last - 9);
            case "/surplus" -> zip = java.util.Arrays.copyOf(zip, last + 1);
            default -> {}
          }
          damaged[0]++;
          response.header("Content-Encoding", "gzip").send(zip);
        },
        (client, url) -> {
          for (String path : List.of("/sum", "/length", "/magic", "/cut", "/surplus")) {
            assertThatThrownBy(() -> text(client, ClientRequest.get(url + path)))
                .as(path)
                .isInstanceOf(HttpClientException.class)
                .hasMessageContaining("gzip: ");
          }
          assertThat(text(client, ClientRequest.get(url + "/ok")))
              .isEqualTo("200 hello hello hello");
        });
  }

  // ---- push style

  @Test
  void shouldGiveFutures() {
    with(
        (request, response) -> response.send(request.path()),
        (client, url) -> {
          List<String> heard = new ArrayList<>();
          var futures = new ArrayList<java.util.concurrent.CompletableFuture<?>>();
          for (int i = 0; i < 20; i++) {
            futures.add(
                client
                    .sendAsync(ClientRequest.get(url + "/" + i))
                    .thenAccept(response -> heard.add(response.text())));
          }
          for (var future : futures) {
            var ignored = Fiber.await(future);
          }
          assertThat(heard).hasSize(20).contains("/7");
          StringBuilder pieces = new StringBuilder();
          FullResponse full =
              Fiber.await(
                  client.sendAsync(
                      ClientRequest.get(url + "/pieces"),
                      piece ->
                          pieces.append(
                              piece.readString((int) piece.size(), StandardCharsets.UTF_8))));
          assertThat(pieces.toString()).isEqualTo("/pieces");
          assertThat(full.body()).isEmpty();
          PoolCounters counters = client.counters();
          assertThat(counters.lent()).isZero();
        });
  }

  @Test
  void shouldNotHaveMoreConnectionsThanThePoolAllows() {
    int[] now = new int[2];
    with(
        ClientOptions.defaults().pool(PoolOptions.defaults().maxPerTarget(3)),
        (request, response) -> {
          now[0]++;
          now[1] = Math.max(now[1], now[0]);
          Fiber.yield();
          now[0]--;
          response.send("x");
        },
        (client, url) -> {
          try (Scope scope = Scope.open("askers")) {
            for (int i = 0; i < 30; i++) {
              scope.start(
                  () -> assertThat(text(client, ClientRequest.get(url))).isEqualTo("200 x"));
            }
            scope.join();
          }
          assertThat(now[1]).isBetween(1, 3);
          assertThat(client.counters().connects()).isLessThanOrEqualTo(3);
        });
  }

  // ---- limits of time

  @Test
  void shouldGiveUpWhenTheTimeForAllIsOver() {
    with(
        (request, response) -> {
          if (request.isPath("/head")) {
            Fiber.sleep(Duration.ofMinutes(1));
          }
          ResponseBody out = response.stream();
          out.write("a");
          Fiber.sleep(Duration.ofMinutes(1));
        },
        (client, url) -> {
          ClientRequest head = ClientRequest.get(url + "/head").deadline(Duration.ofMillis(50));
          assertTimeout(catchThrowable(() -> text(client, head)), Phase.HEAD, "50 ms in all");
          HttpClientException inBody = inBody(client, ClientRequest.get(url + "/body"));
          assertTimeout(inBody, Phase.BODY, "the deadline for all of it");
          assertThat(client.counters().lent()).isZero();
          assertThatThrownBy(() ->
                  Cancellation.within(
                      Duration.ofMillis(50), () -> text(client, ClientRequest.get(url + "/head"))))
              .isInstanceOf(gyre.DeadlineExceededException.class);
          assertThat(client.counters().lent()).isZero();
        });
  }

  @Test
  void shouldGiveUpOnASlowPhase() {
    HttpLimits ofHead = HttpLimits.defaults().headTimeout(Duration.ofMillis(50));
    HttpLimits ofBody = // the head is in time on a busy machine too
        HttpLimits.defaults()
            .headTimeout(Duration.ofHours(1))
            .bodyTimeout(Duration.ofMillis(50))
            .minimumBytesPerSecond(1 << 20);
    with(
        ClientOptions.defaults().limits(ofHead),
        (request, response) -> {
          if (request.isPath("/head")) {
            Fiber.sleep(Duration.ofMinutes(1));
          }
          ResponseBody out = response.stream();
          while (true) {
            out.write("a"); // always something, and never enough
            Fiber.sleep(Duration.ofMillis(5));
          }
        },
        (client, url) -> {
          ClientRequest head = ClientRequest.get(url + "/head");
          assertTimeout(catchThrowable(() -> text(client, head)), Phase.HEAD, "headTimeout");
          try (HttpClient other = HttpClient.open(client.options().limits(ofBody))) {
            ClientRequest body = ClientRequest.get(url + "/body");
            assertTimeout(
                catchThrowable(() -> text(other, body)), Phase.BODY, "minimumBytesPerSecond");
          }
        });
  }

  /** What happens at a deadline that is long enough for the head, however busy the machine is. */
  private static HttpClientException inBody(HttpClient client, ClientRequest request) {
    Duration deadline = Duration.ofMillis(100);
    while (true) {
      ClientRequest hasty = request.deadline(deadline);
      HttpClientException failure =
          catchThrowableOfType(HttpClientException.class, () -> text(client, hasty));
      if (failure.phase() != Phase.HEAD || deadline.compareTo(LONGEST_DEADLINE) > 0) {
        return failure;
      }
      deadline = deadline.multipliedBy(2);
    }
  }

  private static void assertTimeout(Throwable failure, Phase phase, String why) {
    assertThat(failure)
        .isInstanceOfSatisfying(
            HttpClientException.class,
            e -> {
              assertThat(e.phase()).isEqualTo(phase);
              assertThat(e.isTimeout()).isTrue();
            })
        .hasMessageContaining(why);
  }

  // ---- what is refused on the way out

  @Test
  void shouldSendNothingThatEndsALine() {
    List<Task> wrong =
        List.of(
            () -> ClientRequest.get("http://a/").header("X", "a\r\nY: b"),
            () -> ClientRequest.get("http://a/").header("X\r\nY", "b"),
            () -> ClientRequest.get("http://a/").header("X", "a\0"),
            () -> ClientRequest.get("http://a/").header("", "a"),
            () -> ClientRequest.get("http://a/").header("Content-Length", "3"),
            () -> ClientRequest.get("http://a/").header("transfer-encoding", "chunked"),
            () -> ClientRequest.get("http://a/").header("Host", "b"),
            () -> ClientRequest.of("GET /x HTTP/1.1\r\nA:", "http://a/"),
            () -> ClientRequest.of("CONNECT", "http://a/"),
            () -> ClientRequest.get("http://a/\r\nX: y"),
            () -> ClientRequest.get("http://a/ HTTP/1.1"),
            () -> ClientRequest.get("http://a\r\n/"),
            () -> ClientRequest.get("http://user@a/"),
            () -> ClientRequest.get("http://a,b/"),
            () -> ClientRequest.get("http:///x"),
            () -> ClientRequest.get("ftp://a/"),
            () -> ClientRequest.get("http://a:99999/"),
            () -> ClientOptions.defaults().userAgent("a\nb"));
    for (Task each : wrong) {
      assertThatThrownBy(each::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void shouldSayWhatIsMissingForHttps() {
    with(
        (request, response) -> response.send(),
        (client, url) ->
            assertThatThrownBy(() -> client.send(ClientRequest.get("https://127.0.0.1:1/")))
                .hasMessageContaining("see ClientOptions.tls"));
  }

  @Test
  void shouldSayWhoCannotBeReached() {
    with(
        (request, response) -> response.send(),
        (client, url) -> {
          assertThatThrownBy(() -> client.send(ClientRequest.get("http://127.0.0.1:1/x")))
              .isInstanceOfSatisfying(
                  HttpClientException.class, e -> assertThat(e.phase()).isEqualTo(Phase.CONNECT))
              .hasMessageContaining("GET http://127.0.0.1:1/x")
              .hasMessageContaining("ECONNREFUSED");
          assertThatThrownBy(() -> client.send(ClientRequest.get("http://no.invalid/x")))
              .isInstanceOfSatisfying(
                  HttpClientException.class, e -> assertThat(e.phase()).isEqualTo(Phase.RESOLVE));
        });
  }

  @Test
  void shouldLendNothingOfAQueueBeyondItsAnswer() {
    with(
        (request, response) -> response.send("abc"),
        (client, url) -> {
          ClientResponse response = client.send(ClientRequest.get(url));
          ByteQueue held = response.body().input();
          assertThat(held.isEmpty()).isTrue();
          response.close();
          assertThatThrownBy(() -> response.body().readAll())
              .isInstanceOf(IllegalStateException.class);
        });
  }
}
