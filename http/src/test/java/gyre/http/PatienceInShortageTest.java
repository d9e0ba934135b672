package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.NetworkException;
import gyre.net.NetworkTimeoutException;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who has to go, and who is waited for, where the server itself has no memory to get on with. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PatienceInShortageTest {
  private static final int PORT = 8080;
  private static final int HOG_PORT = 8081;
  private static final long POOL_BYTES = 2L << 20;

  /** For who waits until others have gone. */
  private static final StreamOptions PATIENT =
      StreamOptions.defaults().readTimeout(Duration.ofHours(1)).writeTimeout(Duration.ofHours(1));

  private static final String POST =
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n";

  private Duration shortage = Duration.ZERO;
  private boolean isOver;

  private void simulate(Style style, HttpLimits limits, Task client) {
    for (WorldEngine engine : WorldEngine.values()) {
      Simulation.seed(7)
          .engine(engine)
          .limit(Duration.ofHours(30))
          .world(world -> {
            isOver = false;
            world.host("server").poolLimitBytes(POOL_BYTES).run(() -> serve(style, limits));
            world
                .host("client")
                .run(() -> {
                  try {
                    client.run();
                  } finally {
                    isOver = true;
                  }
                });
          })
          .run();
    }
  }

  private void serve(Style style, HttpLimits limits) {
    try (HttpServer server =
            style.open(
                Loop.current(),
                new InetSocketAddress("0.0.0.0", PORT),
                HttpOptions.defaults().limits(limits),
                PatienceInShortageTest::handle);
        Scope hogs = Scope.open("hogs")) {
      Fiber<?> ignored = hogs.start(this::hog);
      assertThat(server.address().getPort()).isEqualTo(PORT);
      while (!isOver) {
        Fiber.sleep(Duration.ofSeconds(1));
      }
      hogs.cancel("the test is over");
    }
  }

  private static void handle(Request request, Response response) {
    response.send(String.valueOf(request.body().readText().length()));
  }

  /** Takes all memory, the reserve too, out of a stream's input, where nobody sees that. */
  private void hog() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", HOG_PORT);
        TcpStream stream = listener.accept();
        ByteQueue all = stream.input().sibling();
        Scope hogging = Scope.open("hogging")) {
      Fiber<?> ignored =
          hogging.start(() -> {
            while (stream.await(1)) {
              Fiber.sleep(Duration.ofMillis(1)); // so it is copied, into the part for little ones
              all.append(stream.input());
            }
          });
      Fiber.sleep(shortage);
      hogging.cancel("it is enough");
    }
  }

  private static TcpStream connect() {
    return TcpStream.connect("server", PORT, PATIENT);
  }

  /** From now on there is no memory, until the shortage is over. */
  private static void exhaust() {
    Fiber<?> ignored =
        Fiber.start(() -> {
          try (TcpStream stream = TcpStream.connect("server", HOG_PORT, PATIENT)) {
            stream.write(new byte[8 << 20]);
          } catch (IoException | ClosedException e) {
            // the shortage is over
          }
        });
    Fiber.sleep(Duration.ofSeconds(5));
  }

  private static HttpLimits forEver() {
    Duration longest = Duration.ofDays(2);
    return HttpLimits.defaults()
        .headTimeout(longest)
        .bodyTimeout(longest)
        .idleTimeout(longest)
        .writeTimeout(longest);
  }

  /** Waits for that, as long as it has patience. */
  private static boolean isEnded(TcpStream stream) {
    try {
      while (stream.await(1)) {
        stream.input().clear();
      }
      return true;
    } catch (NetworkTimeoutException e) {
      return false;
    } catch (NetworkException e) {
      return true;
    }
  }

  private static Fiber<?> greedy(String request, int bytes) {
    return Fiber.start(() -> {
      try (TcpStream stream = connect()) {
        stream.write(request);
        stream.write(new byte[bytes]);
        boolean isAnswered = stream.await(1);
        assertThat(isAnswered).as("half of a request is answered").isFalse();
      } catch (IoException | ClosedException e) {
        // reset, or the test is over
      }
    });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldResetWhoHoldsHalfABodyWhileOthersWait(Style style) {
    simulate(
        style,
        forEver(),
        () -> {
          for (int i = 0; i < 6; i++) {
            Fiber<?> ignored = greedy(POST, 800_000);
          }
          Fiber.sleep(Duration.ofSeconds(5));
          try (TcpStream honest = connect()) {
            honest.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n");
            honest.write(new byte[3000]);
            assertThat(HttpSimulationTest.answer(honest)).isEqualTo("3000");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldNotCountTheTimeForWhichItHasNoMemory(Style style) {
    shortage = Duration.ofMinutes(3);
    simulate(
        style,
        HttpLimits.defaults(), // all of them are over long before
        () -> {
          try (TcpStream fresh = connect();
              TcpStream used = connect();
              TcpStream sending = connect()) {
            used.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(HttpSimulationTest.answer(used)).isEqualTo("0");
            sending.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n");
            Fiber.sleep(Duration.ofSeconds(1)); // of the ten that a head has
            exhaust();
            fresh.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            used.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            sending.write(new byte[4000]);
            assertThat(HttpSimulationTest.answer(fresh)).isEqualTo("0");
            assertThat(HttpSimulationTest.answer(used)).isEqualTo("0");
            assertThat(HttpSimulationTest.answer(sending)).isEqualTo("4000");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldEndWhoIsTooSlowThoughItHasNoMemoryToSaySo(Style style) {
    shortage = Duration.ofHours(2);
    simulate(
        style,
        HttpLimits.defaults(),
        () -> {
          try (TcpStream slow = connect()) {
            slow.write(POST);
            Fiber.sleep(Duration.ofSeconds(1)); // of the ten that a head has
            exhaust();
            assertThat(isEnded(slow)).as("the connection is ended, in order or not").isTrue();
          }
        });
  }
}
