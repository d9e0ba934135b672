package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Task;
import gyre.io.IoException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that take their time, in a world where that costs none. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HttpPatienceTest {
  private static final int PORT = 8080;
  private static final byte[] LARGE = new byte[4_000_000];

  private static void simulate(Style style, Task client) {
    simulate(style, HttpOptions.defaults(), client);
  }

  private static void simulate(Style style, HttpOptions options, Task client) {
    Simulation.seed(7)
        .limit(Duration.ofHours(30))
        .world(world -> {
          world
              .host("server")
              .background(() -> {
                try (HttpServer server =
                    style.open(
                        Loop.current(),
                        new InetSocketAddress("0.0.0.0", PORT),
                        options,
                        HttpPatienceTest::handle)) {
                  assertThat(server.address().getPort()).isEqualTo(PORT);
                  Fiber.sleep(Duration.ofDays(2));
                }
              });
          world.host("client").run(client);
        })
        .run();
  }

  private static void handle(Request request, Response response) {
    if (request.isPath("/large")) {
      response.send(LARGE);
    } else {
      response.send(String.valueOf(request.body().readText().length()));
    }
  }

  private static TcpStream connect() {
    return TcpStream.connect("server", PORT);
  }

  private static long seconds(long startNanos) {
    return Duration.ofNanos(Loop.current().nanoTime() - startNanos).toSeconds();
  }

  /** Sends a byte a second until the server has had enough; what it says then. */
  private static String drip(TcpStream stream, String begin, Duration pause) {
    Fiber<?> dripping =
        Fiber.start(() -> {
          try {
            for (byte each : begin.getBytes(StandardCharsets.ISO_8859_1)) {
              stream.write(new byte[] {each});
              Fiber.sleep(pause);
            }
          } catch (IoException | IllegalStateException e) {
            // the server or the test has closed it
          }
        });
    String line = stream.readLine(1000);
    stream.close();
    Fiber.await(dripping.end());
    return String.valueOf(line);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseASlowHead(Style style) {
    simulate(
        style,
        () -> {
          long start = Loop.current().nanoTime();
          String line =
              drip(connect(), "GET /abcdefghijklmnopqrstuvwxyz HTTP/1.1", Duration.ofSeconds(1));
          assertThat(line).isEqualTo("HTTP/1.1 408 Request Timeout");
          assertThat(seconds(start)).isBetween(10L, 12L);
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldTakeTheTimeOfEachHeadByItself(Style style) {
    simulate(
        style,
        () -> {
          try (TcpStream stream = connect()) {
            stream.write("GET / HT");
            for (int i = 0; i < 10; i++) {
              Fiber.sleep(Duration.ofSeconds(3));
              stream.write("TP/1.1\r\nHost: a\r\n\r\nGET / HT");
              assertThat(HttpSimulationTest.answer(stream)).isEqualTo("0");
            }
            long start = Loop.current().nanoTime();
            assertThat(stream.readLine(1000)).isEqualTo("HTTP/1.1 408 Request Timeout");
            assertThat(seconds(start)).isBetween(9L, 11L);
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldCloseASilentConnectionWithoutAWord(Style style) {
    simulate(
        style,
        () -> {
          long start = Loop.current().nanoTime();
          try (TcpStream stream = connect()) {
            assertThat(stream.readLine(1000)).isNull();
          }
          assertThat(seconds(start)).isBetween(10L, 11L);
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldCloseAnIdleConnection(Style style) {
    simulate(
        style,
        () -> {
          try (TcpStream stream = connect()) {
            stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(HttpSimulationTest.answer(stream)).isEqualTo("0");
            Fiber.sleep(Duration.ofSeconds(50));
            stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(HttpSimulationTest.answer(stream)).isEqualTo("0");
            long start = Loop.current().nanoTime();
            assertThat(stream.readLine(1000)).isNull();
            assertThat(seconds(start)).isBetween(59L, 61L);
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseABodyBelowTheMinimumRate(Style style) {
    simulate(
        style,
        () -> {
          long start = Loop.current().nanoTime();
          String head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
          try (TcpStream stream = connect()) {
            stream.write(head);
            String line = drip(stream, "x".repeat(500), Duration.ofSeconds(1));
            assertThat(line).isEqualTo("HTTP/1.1 408 Request Timeout");
          }
          assertThat(seconds(start)).isBetween(30L, 32L);
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldLogARequestThatIsTooSlowOnce(Style style) {
    List<Integer> log = new ArrayList<>();
    HttpOptions options =
        HttpOptions.defaults().accessLog((request, response, nanos) -> log.add(response.status()));
    simulate(
        style,
        options,
        () -> {
          try (TcpStream stream = connect()) {
            stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
            assertThat(stream.readLine(1000)).isEqualTo("HTTP/1.1 408 Request Timeout");
            Fiber.sleep(Duration.ofSeconds(1));
          }
        });
    assertThat(log).containsExactly(408);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldTakeALongBodyThatKeepsTheRate(Style style) {
    simulate(
        style,
        () -> {
          try (TcpStream stream = connect()) {
            stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 409600\r\n\r\n");
            for (int i = 0; i < 200; i++) {
              Fiber.sleep(Duration.ofSeconds(1));
              stream.write(new byte[2048]);
            }
            assertThat(HttpSimulationTest.answer(stream)).isEqualTo("409600");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldResetAPeerThatTakesTheAnswerTooSlowly(Style style) {
    simulate(
        style,
        () -> {
          long start = Loop.current().nanoTime();
          StreamOptions small = StreamOptions.defaults().inputLimitBytes(1024);
          try (TcpStream stream = TcpStream.connect("server", PORT, small)) {
            stream.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
            ByteBuffer little = ByteBuffer.allocate(200);
            assertThatThrownBy(
                    () -> {
                      while (stream.read(little.clear()) > 0) {
                        Fiber.sleep(Duration.ofSeconds(1));
                      }
                    })
                .isInstanceOf(IoException.class);
          }
          assertThat(seconds(start)).isBetween(30L, 4000L);
        });
  }
}
