package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.ByteQueue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are taken and sent piece by piece without a fiber. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PushStreamingTest {
  private static final String CHUNKED_POST =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n";
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  @Parameter String engine = "";

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private LoopGroup group;

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

  private HttpServer server(HttpHandler handler) {
    return HttpServer.onRequest(group, Style.ANY_PORT, HttpOptions.defaults(), handler);
  }

  /** Counts what it gets, and answers with the number. */
  private static final class Counter implements BodyHandler {
    private final Response response;
    long bytes;
    long most;

    Counter(Response response) {
      this.response = response;
    }

    @Override
    public void onData(ByteQueue in) {
      most = Math.max(most, in.size());
      bytes += in.size();
      in.clear();
    }

    @Override
    public void onEnd() {
      response.send(bytes + (most <= Http1Body.HELD_BYTES ? "" : " too many at once"));
    }
  }

  private static HttpHandler counting() {
    return HttpHandler.streaming(
        (request, response) -> request.body().limit(1L << 30).onData(new Counter(response)));
  }

  @Test
  void shouldTakeABodyOfAnySizeAsItComes() throws Exception {
    try (HttpServer server = server(counting());
        RawClient client = new RawClient(server.address())) {
      byte[] piece = new byte[100_000];
      for (int request = 0; request < 3; request++) {
        client.send(POST.formatted(50 * piece.length));
        for (int i = 0; i < 50; i++) {
          client.send(piece);
        }
        assertThat(client.receive().body()).isEqualTo("5000000");
      }
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3");
      client.send("\r\nab").send("c\r\n0\r\n\r\n" + GET);
      assertThat(client.receive().body()).isEqualTo("3");
      assertThat(client.receive().body()).isEqualTo("0");
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldKeepTheBodiesOfTwoAnswersApart() throws Exception {
    HttpHandler handler =
        (request, response) -> {
          ResponseBody out = response.stream();
          if (request.isMethod("GET")) {
            out.write("one");
            out.close();
            Loop.current()
                .post(() -> {
                  assertThatThrownBy(() -> out.write("late"))
                      .isInstanceOf(IllegalStateException.class);
                  out.close();
                });
          } else {
            Response ignored = response.defer();
            out.write("two");
            Loop.current().post(() -> Loop.current().post(out::close));
          }
        };
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(GET + POST.formatted(0));
      assertThat(client.receive().body()).isEqualTo("one");
      assertThat(client.receive().body()).isEqualTo("two");
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldReadABodyInAFiberFromTheHeadOn() throws Exception {
    HttpHandler handler =
        HttpHandler.inFiber(
            HttpHandler.streaming((request, response) -> {
              long bytes = 0;
              RequestBody body = request.body().limit(1L << 30);
              while (body.await(1)) {
                bytes += body.input().size();
                body.input().clear();
              }
              response.send(bytes + "\n");
            }));
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(POST.formatted(3_000_000)).send(new byte[3_000_000]);
      assertThat(client.receive().body()).isEqualTo("3000000\n");
      client.send(POST.formatted(0) + POST.formatted(5) + "abcde" + GET);
      assertThat(client.receive().body()).isEqualTo("0\n");
      assertThat(client.receive().body()).isEqualTo("5\n");
      assertThat(client.receive().body()).isEqualTo("0\n");
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldHoldThePeerBackWhileTheTakerIsPaused() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    AtomicLong held = new AtomicLong();
    HttpHandler handler =
        HttpHandler.streaming((request, response) -> {
          RequestBody body = request.body().limit(1L << 30);
          Loop loop = Loop.current();
          body.onData(
              new BodyHandler() {
                private long bytes;
                private boolean hasPaused;

                @Override
                public void onData(ByteQueue in) {
                  held.accumulateAndGet(in.size(), Math::max);
                  if (!hasPaused) {
                    hasPaused = true;
                    body.pause();
                    var ignored = loop.after(Duration.ofMillis(20), () -> awaitSender(body));
                    return;
                  }
                  bytes += in.size();
                  in.clear();
                }

                @Override
                public void onEnd() {
                  response.send(bytes + "\n");
                }
              });
          sent.countDown();
        });
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(POST.formatted(20_000_000));
      client.send(new byte[20_000_000]);
      assertThat(client.receive().body()).isEqualTo("20000000\n");
    }
    assertThat(held.get()).isLessThanOrEqualTo(Http1Body.HELD_BYTES);
    group.close();
    assertThat(reported).isEmpty();
  }

  private static void awaitSender(RequestBody body) {
    body.resume();
  }

  @Test
  void shouldTellTheTakerWhenThePeerLeaves() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    HttpHandler handler =
        HttpHandler.streaming((request, response) ->
            request
                .body()
                .onData(
                    new BodyHandler() {
                      @Override
                      public void onData(ByteQueue in) {
                        in.clear();
                      }

                      @Override
                      public void onFailure(BodyException failure) {
                        told.countDown();
                      }
                    }));
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(POST.formatted(1000) + "abc");
      client.reset();
      assertThat(told.await(100, TimeUnit.SECONDS)).isTrue();
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldRefuseABodyThatIsTooLongOrMalformedWhileItIsTaken() throws Exception {
    HttpHandler handler =
        HttpHandler.streaming(
            (request, response) -> request.body().limit(10).onData(new Counter(response)));
    try (HttpServer server = server(handler)) {
      for (String bytes :
          List.of(POST.formatted(11) + "abc", CHUNKED_POST + "b\r\n12345678901\r\n0\r\n\r\n")) {
        try (RawClient client = new RawClient(server.address())) {
          assertThat(client.send(bytes).receive().status()).isEqualTo(413);
          assertThat(client.rest()).isEmpty();
        }
      }
      try (RawClient client = new RawClient(server.address())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nx");
        assertThat(client.send("\r\n").receive().status()).isEqualTo(400);
        assertThat(client.rest()).isEmpty();
      }
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldGoOnAfterAnAnswerThatDidNotWaitForTheBody() throws Exception {
    HttpHandler handler =
        HttpHandler.streaming((request, response) -> response.status(403).send("no\n"));
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(POST.formatted(30_000));
      assertThat(client.receive().status()).isEqualTo(403);
      client.send(new byte[30_000]).send(GET);
      assertThat(client.receive().status()).isEqualTo(403);
      client.send(POST.formatted(Http1Connection.DISCARD_BYTES + 1));
      RawClient.Answer last = client.receive();
      assertThat(last.hasField("Connection: close")).isTrue();
      assertThat(client.rest()).isEmpty();
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldSayContinueWhenTheBodyIsTaken() throws Exception {
    try (HttpServer server = server(counting());
        RawClient client = new RawClient(server.address())) {
      client.send(
          "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(100);
      assertThat(client.send("abc").receive().body()).isEqualTo("3");
    }
  }

  @Test
  void shouldAnswerForATakerThatThrows() throws Exception {
    HttpHandler handler =
        HttpHandler.streaming((request, response) ->
            request
                .body()
                .onData(in -> {
                  throw new HttpException(422, "not like that");
                }));
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(POST.formatted(5) + "ab").receive().status()).isEqualTo(422);
      assertThat(client.send("cde" + POST.formatted(1) + "a").receive().status()).isEqualTo(422);
    }
  }

  // ---- answers

  /** Sends so many bytes, whenever there is room. */
  private static final class Sender implements WritableHandler {
    private static final byte[] PIECE = new byte[10_000];
    private final CountDownLatch closed;
    private long left;

    Sender(long bytes, CountDownLatch closed) {
      this.left = bytes;
      this.closed = closed;
    }

    @Override
    public void onWritable(ResponseBody out) {
      while (left > 0 && out.isWritable()) {
        int part = (int) Math.min(left, PIECE.length);
        out.write(PIECE, 0, part);
        left -= part;
      }
      if (left == 0) {
        out.trailer("X-Done", "yes");
        out.close();
      }
    }

    @Override
    public void onClosed() {
      closed.countDown();
    }
  }

  @Test
  void shouldSendAnAnswerOfAnySizeAsThereIsRoom() throws Exception {
    CountDownLatch closed = new CountDownLatch(2);
    try (HttpServer server =
            server((request, response) ->
                response.stream().onWritable(new Sender(20_000_000, closed)));
        RawClient client = new RawClient(server.address())) {
      client.send(GET + GET);
      assertThat(client.receive().body()).hasSize(20_000_000 + "[X-Done: yes]".length());
      assertThat(client.receive().body()).hasSize(20_000_000 + "[X-Done: yes]".length());
      assertThat(closed.await(100, TimeUnit.SECONDS)).isTrue();
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldTellTheSenderWhenThePeerLeaves() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (HttpServer server =
            server((request, response) ->
                response.stream().onWritable(new Sender(Long.MAX_VALUE, closed)));
        RawClient client = new RawClient(server.address())) {
      client.send(GET);
      client.reset();
      assertThat(closed.await(100, TimeUnit.SECONDS)).isTrue();
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldLetAnAnswerBeSentFromLaterCalls() throws Exception {
    HttpHandler handler =
        (request, response) -> {
          ResponseBody out = response.defer().stream();
          ArrayDeque<String> pieces = new ArrayDeque<>(List.of("one ", "two ", "three"));
          Loop loop = Loop.current();
          sendLater(loop, out, pieces);
        };
    try (HttpServer server = server(handler);
        RawClient client = new RawClient(server.address())) {
      client.send(GET + GET);
      assertThat(client.receive().body()).isEqualTo("one two three");
      assertThat(client.receive().body()).isEqualTo("one two three");
    }
    group.close();
    assertThat(reported).isEmpty();
  }

  private static void sendLater(Loop loop, ResponseBody out, ArrayDeque<String> pieces) {
    var ignored =
        loop.after(
            Duration.ofMillis(1),
            () -> {
              String next = pieces.poll();
              if (next == null) {
                out.close();
              } else {
                out.write(next);
                sendLater(loop, out, pieces);
              }
            });
  }

  @Test
  void shouldResetWhereAnAnswerFailsInTheMiddle() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (HttpServer server =
            server((request, response) ->
                response.stream()
                    .onWritable(
                        new WritableHandler() {
                          @Override
                          public void onWritable(ResponseBody out) {
                            out.write("begin");
                            throw new IllegalStateException("planned");
                          }

                          @Override
                          public void onClosed() {
                            closed.countDown();
                          }
                        }));
        RawClient client = new RawClient(server.address())) {
      client.send(GET);
      assertThat(closed.await(100, TimeUnit.SECONDS)).isTrue();
    }
    group.close();
    assertThat(reported).hasSize(1).first().asString().contains("planned");
  }
}
