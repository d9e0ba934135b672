package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.ByteQueue;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: each promise of the server once, in both styles on each engine.
/** What a server does over real sockets, on each engine, the same in each style. */
@Tag("fiber-modes-1")
@ParameterizedClass
@MethodSource("ways")
@org.junit.jupiter.api.Timeout(
    value = 30,
    unit = TimeUnit.SECONDS,
    threadMode = org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD)
class HttpServerTest {
  private static final String GET = "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n";

  @Parameter(0)
  String engine = "";

  @Parameter(1)
  Style style = Style.DIRECT;

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private LoopGroup group;

  static Stream<Arguments> ways() {
    return Stream.of("io_uring", "epoll", "nio")
        .flatMap(name -> Stream.of(Style.values()).map(style -> Arguments.of(name, style)));
  }

  @BeforeEach
  void open() {
    group =
        LoopGroup.open(
            1, Loops.options(engine).failures((source, e) -> reported.add(String.valueOf(e))));
  }

  @AfterEach
  void close() {
    group.close();
  }

  /** All of them: what an answer is followed by has been told when the loops have ended. */
  private List<String> reported() {
    group.close();
    return reported;
  }

  private HttpServer server(HttpHandler handler) {
    return server(HttpOptions.defaults(), handler);
  }

  private HttpServer server(HttpOptions options, HttpHandler handler) {
    return style.open(group.loop(0), options, handler);
  }

  private static void echo(Request request, Response response) {
    response.send(request.method() + " " + request.path() + " " + request.body().readText());
  }

  @Test
  void shouldAnswerOneRequestAfterTheOther() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      for (int i = 0; i < 5; i++) {
        RawClient.Answer answer = client.send(GET.formatted(i)).receive();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("GET /" + i + " ");
        assertThat(answer.head()).contains("\r\nDate: ").doesNotContain("Connection:");
      }
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldAnswerPipelinedRequestsInTheirOrder() throws Exception {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      String body = "x".repeat(i % 7);
      requests.append(
          "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(i, body.length(), body));
    }
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send(requests.toString());
      for (int i = 0; i < 300; i++) {
        assertThat(client.receive().body()).isEqualTo("POST /" + i + " " + "x".repeat(i % 7));
      }
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldAnswerWhatCameBeforeTheEndOfInput() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send(String.join("", Collections.nCopies(200, GET.formatted("x")))).endOutput();
      for (int i = 0; i < 200; i++) {
        assertThat(client.receive().body()).isEqualTo("GET /x ");
      }
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void shouldUnderstandEachProbeByteByByteOverASocket() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo)) {
      for (Probe probe : Probe.all()) {
        if (!probe.expected().endsWith("more")) {
          try (RawClient client = new RawClient(server.address())) {
            client.send(probe.bytes());
            for (String expected : probe.expected().split(" ", -1)) {
              RawClient.Answer answer = client.receive();
              if (answer.status() == 100) {
                answer = client.receive();
              }
              int status = expected.equals("ok") ? 200 : Integer.parseInt(expected);
              assertThat(answer.status()).as(probe.id()).isEqualTo(status);
              if (status != 200) {
                assertThat(answer.hasField("Connection: close")).as(probe.id()).isTrue();
                assertThat(client.rest()).as(probe.id()).isEmpty();
              }
            }
          }
        }
      }
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldReceiveChunksAndTrailers() throws Exception {
    try (HttpServer server =
            server((request, response) ->
                response.send(request.body().readText() + request.body().trailer("sum")));
        RawClient client = new RawClient(server.address())) {
      client.send(
          String.join(
              "\r\n",
              List.of(
                  "POST / HTTP/1.1",
                  "Host: a",
                  "Transfer-Encoding: chunked",
                  "",
                  "3",
                  "abc",
                  "2",
                  "de",
                  "0",
                  "Sum: 5",
                  "",
                  "")));
      assertThat(client.receive().body()).isEqualTo("abcde5");
      assertThat(client.send(GET.formatted("")).receive().body()).isEqualTo("null");
    }
  }

  @Test
  void shouldAskForABodyThatWaitsForLeave() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send(
          "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(100);
      assertThat(client.send("abc").receive().body()).isEqualTo("POST /a abc");
      assertThat(client.send(GET.formatted("b")).receive().body()).isEqualTo("GET /b ");
    }
  }

  /** A client that sends first and reads later must not find its answer gone. */
  @Test
  void shouldLetAPeerSendABodyThatNobodyWants() throws Exception {
    HttpHandler refusing =
        HttpHandler.streaming((request, response) -> response.status(415).send("no"));
    for (String length : List.of("Content-Length: 3000000", "Transfer-Encoding: chunked")) {
      try (HttpServer server = server(refusing);
          RawClient client = new RawClient(server.address())) {
        client.send("POST /a HTTP/1.1\r\nHost: a\r\n" + length + "\r\n\r\n");
        assertThat(client.receive().status()).isEqualTo(415);
        if (length.startsWith("Transfer")) {
          client.send("%x\r\n".formatted(3_000_000));
        }
        for (int i = 0; i < 30; i++) {
          client.send(new byte[100_000]);
        }
        client.endOutput();
        assertThat(client.rest()).isEmpty();
      }
    }
    assertThat(reported()).isEmpty();
  }

  /** Nor one whose head is refused. */
  @Test
  void shouldLetAPeerSendOnBehindARequestThatIsRefused() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(400);
      for (int i = 0; i < 30; i++) {
        client.send(new byte[100_000]);
      }
      client.endOutput();
      assertThat(client.rest()).isEmpty();
    }
    assertThat(reported()).isEmpty();
  }

  private void echoAsItComes(Request request, Response response, CountDownLatch begun) {
    ResponseBody out = response.stream();
    begun.countDown();
    RequestBody in = request.body();
    if (style == Style.PUSH) {
      in.onData(
          new BodyHandler() {
            @Override
            public void onData(ByteQueue bytes) {
              out.write(bytes);
            }

            @Override
            public void onEnd() {
              out.close();
            }
          });
    } else {
      while (in.await(1)) {
        out.write(in.input());
      }
    }
  }

  @Test
  void shouldNotGiveLeaveInTheMiddleOfAnAnswer() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    HttpHandler echo =
        HttpHandler.streaming((request, response) -> echoAsItComes(request, response, begun));
    try (HttpServer server = server(echo);
        RawClient client = new RawClient(server.address())) {
      client.send(
          "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      begun.await();
      RawClient.Answer answer = client.send("abc").receive();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("abc");
      assertThat(answer.hasField("Connection: close")).isTrue();
      assertThat(client.rest()).isEmpty();
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldNotSendTheBodyToHead() throws Exception {
    try (HttpServer server = server((request, response) -> response.send("four"));
        RawClient client = new RawClient(server.address())) {
      RawClient.Answer answer = client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").receive("HEAD");
      assertThat(answer.hasField("Content-Length: 4")).isTrue();
      assertThat(client.send(GET.formatted("")).receive().body()).isEqualTo("four");
    }
  }

  @Test
  void shouldSpeakHttp10() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo)) {
      try (RawClient client = new RawClient(server.address())) {
        RawClient.Answer answer = client.send("GET /a HTTP/1.0\r\n\r\n").receive();
        assertThat(answer.body()).isEqualTo("GET /a ");
        assertThat(answer.hasField("Connection: close")).isTrue();
        assertThat(client.rest()).isEmpty();
      }
      try (RawClient client = new RawClient(server.address())) {
        client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertThat(client.receive().hasField("Connection: keep-alive")).isTrue();
        assertThat(client.send("GET /b HTTP/1.0\r\n\r\n").receive().body()).isEqualTo("GET /b ");
        assertThat(client.rest()).isEmpty();
      }
    }
  }

  @Test
  void shouldCloseWhenToldTo() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send(
          "GET /a HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + GET.formatted("b"));
      assertThat(client.receive().hasField("Connection: close")).isTrue();
      assertThat(client.rest()).as("the second one is not answered").isEmpty();
    }
  }

  @Test
  void shouldTakeTheHostOfAWholeUrlAndAsteriskForOptions() throws Exception {
    try (HttpServer server =
            server((request, response) ->
                response.send(request.host() + " " + request.path() + " " + request.query()));
        RawClient client = new RawClient(server.address())) {
      client.send("GET http://A:80/x?y=1 HTTP/1.1\r\nHost: a:80\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("A:80 /x y=1");
      client.send("GET http://b HTTP/1.1\r\nHost: b\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("b / null");
      client.send("OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("c * null");
    }
  }

  @Test
  void shouldSendLargeBodiesAndGoOn() throws Exception {
    byte[] large = new byte[3_000_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ('a' + i % 23);
    }
    String expected = new String(large, StandardCharsets.ISO_8859_1);
    try (HttpServer server = server((request, response) -> response.send(large));
        RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted(1) + GET.formatted(2));
      assertThat(client.receive().body()).isEqualTo(expected);
      assertThat(client.receive().body()).isEqualTo(expected);
      assertThat(client.send(GET.formatted(3)).receive().body()).isEqualTo(expected);
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldAnswerFor500WhatTheHandlerThrowsAndReportIt() throws Exception {
    try (HttpServer server =
            server((request, response) -> {
              if (request.isPath("/broken")) {
                response.header("X-Half", "yes");
                throw new IllegalStateException("secret");
              }
              if (request.isPath("/nothing")) {
                return;
              }
              throw new HttpException(404, "no such page");
            });
        RawClient client = new RawClient(server.address())) {
      RawClient.Answer answer = client.send(GET.formatted("broken")).receive();
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.head() + answer.body()).doesNotContain("secret").doesNotContain("X-Half");
      answer = client.send(GET.formatted("x")).receive();
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.body()).isEqualTo("404 Not Found: no such page\n");
      assertThat(client.send(GET.formatted("nothing")).receive().status()).isEqualTo(500);
    }
    assertThat(reported()).hasSize(2);
    assertThat(reported().getFirst()).contains("GET /broken").contains("secret");
  }

  @Test
  void shouldRefuseBodiesBeyondTheLimit() throws Exception {
    HttpOptions options = HttpOptions.defaults().limits(HttpLimits.defaults().bodyBytes(10));
    try (HttpServer server = server(options, HttpServerTest::echo)) {
      try (RawClient client = new RawClient(server.address())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
        assertThat(client.receive().status()).isEqualTo(413);
      }
      try (RawClient client = new RawClient(server.address())) {
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n");
        assertThat(client.receive().status()).isEqualTo(413);
        assertThat(client.rest()).isEmpty();
      }
    }
  }

  @Test
  void shouldRefuseABodyThatIsCutShort() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nabc").endOutput();
      assertThat(client.receive().status()).isEqualTo(400);
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldCloseAfterTheLimitOfRequests() throws Exception {
    HttpOptions options =
        HttpOptions.defaults().limits(HttpLimits.defaults().requestsPerConnection(2));
    try (HttpServer server = server(options, HttpServerTest::echo);
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(GET.formatted(1)).receive().head()).doesNotContain("Connection:");
      assertThat(client.send(GET.formatted(2)).receive().hasField("Connection: close")).isTrue();
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void shouldTellTheAccessLogOfEachAnswer() throws Exception {
    List<String> log = new CopyOnWriteArrayList<>();
    HttpOptions options =
        HttpOptions.defaults()
            .accessLog((request, response, nanos) ->
                log.add(
                    request.method()
                        + " "
                        + request.path()
                        + " "
                        + response.status()
                        + " "
                        + response.bodyBytes()));
    try (HttpServer server = server(options, (request, response) -> response.send("four"));
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(GET.formatted("a")).receive().body()).isEqualTo("four");
      assertThat(client.send("BAD\r\n").receive().status()).isEqualTo(400);
    }
    assertThat(log).hasSize(2);
    assertThat(log.getFirst()).isEqualTo("GET /a 200 4");
    assertThat(log.getLast()).contains(" 400 ");
  }

  @Test
  void shouldAnswerErrorsAsJson() throws Exception {
    HttpOptions options = HttpOptions.defaults().errors(ErrorFormat.JSON);
    try (HttpServer server =
            server(
                options,
                (request, response) -> {
                  throw new HttpException(409, "it is \"here\"\n");
                });
        RawClient client = new RawClient(server.address())) {
      RawClient.Answer answer = client.send(GET.formatted("a")).receive();
      assertThat(answer.hasField("Content-Type: application/json")).isTrue();
      assertThat(answer.body())
          .isEqualTo(
              "{\"status\":409,\"error\":\"Conflict\",\"message\":\"it is \\\"here\\\"\\u000a\"}\n");
    }
  }

  @Test
  void shouldEndIdleConnectionsWhenItIsClosed() throws Exception {
    HttpServer server = server(HttpServerTest::echo);
    try (RawClient idle = new RawClient(server.address());
        RawClient silent = new RawClient(server.address())) {
      assertThat(idle.send(GET.formatted("a")).receive().status()).isEqualTo(200);
      server.close();
      assertThat(idle.rest()).isEmpty();
      assertThat(silent.rest()).isEmpty();
    }
    assertThatThrownBy(() -> new RawClient(server.address())).isInstanceOf(IOException.class);
  }

  @Test
  void shouldSayCloseWhileItDrains() throws Exception {
    try (HttpServer server =
            server((request, response) -> response.send(String.valueOf(request.isDraining())));
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(GET.formatted("a")).receive().body()).isEqualTo("false");
      server.drain();
      RawClient.Answer answer = client.send(GET.formatted("a")).receive();
      assertThat(answer.body()).isEqualTo("true");
      assertThat(answer.hasField("Connection: close")).isTrue();
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void shouldRefuseToSplitAnswers() throws Exception {
    List<String> refused = new CopyOnWriteArrayList<>();
    try (HttpServer server =
            server((request, response) -> {
              List<String[]> tries = new ArrayList<>();
              tries.add(new String[] {"X", "a\r\nSet-Cookie: b"});
              tries.add(new String[] {"X", "a\nb"});
              tries.add(new String[] {"X", "a\rb"});
              tries.add(new String[] {"X", "a\0b"});
              tries.add(new String[] {"X", "a\u010ab"}); // LF, where chars are cut to bytes
              tries.add(new String[] {"X\r\nY", "a"});
              tries.add(new String[] {"X Y", "a"});
              tries.add(new String[] {"X:", "a"});
              tries.add(new String[] {"\u0158", "a"});
              tries.add(new String[] {"", "a"});
              tries.add(new String[] {"Content-Length", "5"});
              tries.add(new String[] {"transfer-encoding", "chunked"});
              for (String[] each : tries) {
                assertThatThrownBy(() -> response.header(each[0], each[1]))
                    .isInstanceOf(IllegalArgumentException.class);
                refused.add(each[0]);
              }
              response.contentType("text/html").header("X", "\u00e4\tb").send("fine");
            });
        RawClient client = new RawClient(server.address())) {
      RawClient.Answer answer = client.send(GET.formatted("a")).receive();
      assertThat(answer.head()).contains("\r\nX: \u00e4\tb\r\n").doesNotContain("text/plain");
      assertThat(answer.body()).isEqualTo("fine");
    }
    assertThat(refused).hasSize(12);
  }

  @Test
  void shouldRefuseWhoAnswersAgainWhatIsAnswered() throws Exception {
    CompletableFuture<Throwable> late = new CompletableFuture<>();
    try (HttpServer server =
            server((request, response) -> {
              response.send(request.path());
              if (request.isPath("/leak")) {
                Loop.current()
                    .post(() -> {
                      late.complete(catchThrowable(() -> response.send("of another request")));
                    });
              }
            });
        RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted("leak") + "GET /next HTTP/1.1\r\n");
      assertThat(client.receive().body()).isEqualTo("/leak");
      assertThat(late.get()).isInstanceOf(IllegalStateException.class);
      assertThat(client.send("Host: a\r\n\r\n").receive().body()).isEqualTo("/next");
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldForgetAConnectionThatIsResetInTheMiddle() throws Exception {
    try (HttpServer server = server(HttpServerTest::echo)) {
      try (RawClient broken = new RawClient(server.address())) {
        broken.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").reset();
      }
      try (RawClient client = new RawClient(server.address())) {
        assertThat(client.send(GET.formatted("a")).receive().status()).isEqualTo(200);
      }
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldDropAnAnswerThatComesWhenThePeerHasLeft() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    try (HttpServer server =
        server((request, response) -> {
          asked.countDown();
          if (style == Style.PUSH) {
            Response later = response.defer();
            Loop.current()
                .after(
                    Duration.ofMillis(100),
                    () -> {
                      later.header("X", "1").send("late");
                      answered.countDown();
                    });
          } else {
            Fiber.sleep(Duration.ofMillis(100));
            answered.countDown();
            response.send("late");
          }
        })) {
      try (RawClient client = new RawClient(server.address())) {
        client.send(GET.formatted("a"));
        asked.await();
        client.reset();
      }
      answered.await();
      while (server.connections().getFirst() > 0) {
        Thread.onSpinWait();
      }
      try (RawClient client = new RawClient(server.address())) {
        client.send(GET.formatted("b"));
        assertThat(client.receive().body()).isEqualTo("late");
      }
    }
    assertThat(reported()).isEmpty();
  }

  @Test
  void shouldResetWhatIsLeftWhenTheTimeToDrainIsUp() throws Exception {
    HttpServer server =
        server((request, response) -> {
          if (style == Style.PUSH) {
            response.defer(); // and never answered
          } else {
            Fiber.sleep(Duration.ofHours(1));
          }
        });
    try (RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted("a"));
      while (server.connections().getFirst() == 0) {
        Thread.onSpinWait();
      }
      server.close(Duration.ofMillis(50));
      assertThatThrownBy(client::receive).isInstanceOfAny(SocketException.class, IOException.class);
    }
  }

  /** The handler has not written too little: it was cancelled while it wrote. */
  @Test
  void shouldNotBlameAHandlerThatIsCancelledWhileItWrites() throws Exception {
    assumeTrue(style != Style.PUSH, "in push style writing does not park");
    CountDownLatch writing = new CountDownLatch(1);
    HttpServer server =
        server((request, response) -> {
          try (ResponseBody out = response.stream(1L << 40)) {
            writing.countDown();
            while (true) {
              out.write(new byte[64 * 1024]);
            }
          }
        });
    try (RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted("a"));
      writing.await();
      server.close(Duration.ofMillis(50));
    }
    assertThat(reported()).isEmpty();
  }

  /** What was cut must not be made whole by the bytes of the next answer. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldResetWhereADeadlineOfTheHandlerCutsItsAnswer(boolean isInPieces) throws Exception {
    assumeTrue(style != Style.PUSH, "in push style writing does not park");
    byte[] large = new byte[64 << 20];
    CountDownLatch cut = new CountDownLatch(1);
    HttpServer server =
        server((request, response) -> {
          if (request.path().equals("/next")) {
            response.send("next");
            return;
          }
          try {
            Cancellation.within(Duration.ofMillis(50), () -> send(response, large, isInPieces));
          } catch (DeadlineExceededException e) {
            cut.countDown();
          }
        });
    try (RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted("large") + GET.formatted("next"));
      cut.await();
      Throwable end = catchThrowable(() -> assertThat(client.rest()).doesNotContain("next"));
      assertThat(end).isInstanceOf(SocketException.class);
    }
    server.close();
    assertThat(reported()).isEmpty();
  }

  private static void send(Response response, byte[] bytes, boolean isInPieces) {
    if (!isInPieces) {
      response.send(bytes);
      return;
    }
    try (ResponseBody out = response.stream()) {
      out.write(bytes, 0, bytes.length);
    }
  }
}
