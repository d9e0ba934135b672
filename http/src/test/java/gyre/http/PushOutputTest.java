package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.MemoryCounters;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole answers in push style whose peers are slow: what waits is the server's, and in order. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PushOutputTest {
  private static final int PORT = 8080;
  private static final int LARGE_BYTES = 1 << 20;
  private static final byte[] LARGE = new byte[LARGE_BYTES];

  static {
    for (int i = 0; i < LARGE_BYTES; i++) {
      LARGE[i] = (byte) ((i * 31) >>> 7); // a piece in the wrong place is seen
    }
  }

  private interface Server {
    void run() throws Exception;
  }

  private static void serve(HttpHandler handler, Server then) throws Exception {
    InetSocketAddress where = new InetSocketAddress("0.0.0.0", PORT);
    try (HttpServer server =
        HttpServer.onRequest(Loop.current(), where, HttpOptions.defaults(), handler)) {
      assertThat(server.address().getPort()).isEqualTo(PORT);
      then.run();
    }
  }

  private static TcpStream connect() {
    Fiber.sleep(Duration.ofSeconds(1)); // until the server is there
    return TcpStream.connect("server", PORT);
  }

  private static void ask(TcpStream stream, String path) {
    stream.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  private static byte[] answer(TcpStream stream) {
    assertThat(line(stream)).isEqualTo("HTTP/1.1 200 OK");
    int length = -1;
    for (String line = line(stream); !line.isEmpty(); line = line(stream)) {
      if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    byte[] body = new byte[length];
    for (int at = 0; at < length; ) {
      int part = Math.min(10_000, length - at);
      stream.await(part);
      stream.input().read(body, at, part);
      at += part;
    }
    return body;
  }

  private static String line(TcpStream stream) {
    return Objects.requireNonNull(stream.readLine(1000), "the server has closed");
  }

  private static void shouldBe(byte[] body, byte[] expected) {
    assertThat(body.length).isEqualTo(expected.length);
    assertThat(Arrays.mismatch(body, expected)).as("the first wrong byte").isEqualTo(-1);
  }

  // ---- queues

  /** Two answers from one queue: the first waits for its peer, while the second is sent. */
  private static final class OneQueue implements HttpHandler {
    private @Nullable Response held;

    @Override
    public void handle(Request request, Response response) {
      if (request.isPath("/held")) {
        held = response.defer();
        return;
      }
      if (request.isPath("/small")) {
        response.send("small");
        return;
      }
      try (ByteQueue scratch = request.body().input().sibling()) {
        scratch.append(LARGE);
        response.send(scratch);
        assertThat(scratch.isEmpty()).isTrue();
        Response first = held;
        if (first != null) {
          scratch.append("held");
          first.send(scratch);
          assertThat(scratch.isEmpty()).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldLeaveTheQueueOfAnAnswerToWhoFilledIt(WorldEngine engine) {
    Simulation.seed(1)
        .engine(engine)
        .limit(Duration.ofHours(1))
        .world(world -> {
          world
              .host("server")
              .background(() -> serve(new OneQueue(), () -> Fiber.sleep(Duration.ofDays(1))));
          world
              .host("client")
              .run(() -> {
                try (TcpStream first = connect();
                    TcpStream second = connect()) {
                  ask(first, "/held");
                  Fiber.sleep(Duration.ofSeconds(1));
                  ask(second, "/large");
                  shouldBe(answer(first), "held".getBytes(StandardCharsets.US_ASCII));
                  shouldBe(answer(second), LARGE);
                  ask(second, "/large");
                  shouldBe(answer(second), LARGE);
                }
              });
        })
        .run();
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldGiveBackWhatAPeerThatResetsHasNotTaken(WorldEngine engine) {
    Simulation.seed(1)
        .engine(engine)
        .limit(Duration.ofHours(1))
        .world(world -> {
          world
              .host("server")
              .run(() ->
                  serve(
                      new OneQueue(),
                      () -> {
                        Fiber.sleep(Duration.ofSeconds(10));
                        long before = MemoryCounters.of(Loop.current()).used();
                        Fiber.sleep(Duration.ofSeconds(10));
                        long meanwhile = MemoryCounters.of(Loop.current()).used();
                        assertThat(meanwhile - before).isGreaterThan(LARGE_BYTES / 2);
                        Fiber.sleep(Duration.ofSeconds(10));
                        assertThat(MemoryCounters.of(Loop.current()).used()).isEqualTo(before);
                      }));
          world
              .host("client")
              .run(() -> {
                try (TcpStream stream = connect()) {
                  ask(stream, "/small");
                  assertThat(answer(stream)).hasSize(5);
                }
                Fiber.sleep(Duration.ofSeconds(12));
                try (TcpStream stream = connect()) {
                  stream.pauseInput();
                  ask(stream, "/large");
                  stream.flush();
                  Fiber.sleep(Duration.ofSeconds(8));
                  stream.reset();
                }
              });
        })
        .run();
  }

  // ---- a fiber of the user's own, which parks

  enum Way {
    ARRAY,
    QUEUE,
    PIECES
  }

  /** Answers in a fiber while the body comes. */
  private static HttpHandler inOwnFiber(Way way) {
    return HttpHandler.streaming((request, response) -> {
      request.body().limit(1L << 30).onData(ByteQueue::clear);
      ByteQueue queue = request.body().input().sibling();
      Fiber<?> ignored = Fiber.start(() -> answer(way, response, queue));
    });
  }

  private static void answer(Way way, Response response, ByteQueue queue) {
    switch (way) {
      case ARRAY -> response.send(LARGE);
      case QUEUE -> {
        queue.append(LARGE);
        response.send(queue);
      }
      case PIECES -> {
        try (ResponseBody out = response.stream(LARGE_BYTES)) {
          for (int at = 0; at < LARGE_BYTES; at += 1 << 14) {
            out.write(LARGE, at, 1 << 14);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void shouldSendInOrderWhatAFiberSendsWhileTheBodyComes(Way way) {
    for (WorldEngine engine : WorldEngine.values()) {
      Simulation.seed(1)
          .engine(engine)
          .limit(Duration.ofHours(10))
          .faults(Faults.timing())
          .world(world -> {
            world
                .host("server")
                .background(() -> serve(inOwnFiber(way), () -> Fiber.sleep(Duration.ofDays(1))));
            world
                .host("client")
                .run(() -> {
                  try (TcpStream stream = connect()) {
                    for (int i = 0; i < 2; i++) {
                      talkWhileReading(stream);
                    }
                  }
                });
          })
          .run();
    }
  }

  /** A part of it is sent, and what follows would pass for the rest of it. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void shouldResetWhereADeadlineCutsWhatAFiberSends(Way way) {
    HttpHandler handler =
        HttpHandler.streaming((request, response) -> {
          RequestBody body = request.body();
          body.onData(in -> {
            in.clear();
            body.pause(); // what comes fills the input, and nobody is called for it
          });
          ByteQueue queue = request.body().input().sibling();
          Fiber<?> ignored = Fiber.start(() -> sendInTime(way, response, queue));
        });
    Simulation.seed(1)
        .limit(Duration.ofHours(1))
        .world(world -> {
          world
              .host("server")
              .background(() -> serve(handler, () -> Fiber.sleep(Duration.ofDays(1))));
          world
              .host("client")
              .run(() -> {
                try (TcpStream stream = connect()) {
                  stream.pauseInput();
                  stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
                  stream.flush();
                  Fiber.sleep(Duration.ofSeconds(1));
                  stream.write("c");
                  stream.flush();
                  Fiber.sleep(Duration.ofSeconds(3));
                  stream.resumeInput();
                  assertThatThrownBy(() -> answer(stream)).isInstanceOf(IoException.class);
                }
              });
        })
        .run();
  }

  private static void sendInTime(Way way, Response response, ByteQueue queue) throws Exception {
    try {
      Cancellation.within(Duration.ofSeconds(2), () -> answer(way, response, queue));
    } catch (DeadlineExceededException e) {
      queue.close();
    }
  }

  private static void talkWhileReading(TcpStream stream) {
    int pieces = 200;
    stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + pieces * 100 + "\r\n\r\n");
    Fiber<?> writer =
        Fiber.start(() -> {
          for (int i = 0; i < pieces; i++) {
            stream.write(new byte[100]);
            Fiber.sleep(Duration.ofMillis(5));
          }
        });
    shouldBe(answer(stream), LARGE);
    Fiber.await(writer.end());
  }
}
