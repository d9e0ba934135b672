package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Registration;
import gyre.io.ByteStream;
import gyre.net.TcpStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection that leaves HTTP for a protocol of a test. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@Tag("fiber-modes")
class UpgradeTest {
  private static final String REQUEST =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

  /** Echoes, and says good-bye. */
  private static void echo(UpgradedConnection connection) {
    ByteStream stream = connection.stream();
    connection.busy(true);
    Registration ending =
        connection.onEnding(() -> {
          stream.write("bye\n");
          connection.busy(false);
          stream.shutdownOutput();
        });
    if (connection.isDirect()) {
      while (stream.await(1)) {
        stream.write(stream.input());
      }
      ending.close();
    } else {
      stream.onData(stream::write);
    }
  }

  private static String line(TcpStream stream) {
    return String.valueOf(stream.readLine(1000));
  }

  private static void readHead(TcpStream stream) {
    assertThat(line(stream)).isEqualTo("HTTP/1.1 101 Switching Protocols");
    List<String> fields = new ArrayList<>();
    for (String line = line(stream); !line.isEmpty(); line = line(stream)) {
      fields.add(line);
    }
    assertThat(fields).contains("Connection: Upgrade", "Upgrade: echo", "X: y");
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldHandOverTheStreamWithWhatCameBehindTheHead(Style style) {
    Loops.run(
        "epoll",
        () -> {
          HttpServer server =
              style.open(
                  Loop.current(),
                  HttpOptions.defaults(),
                  (request, response) ->
                      response.header("X", "y").upgrade("echo", UpgradeTest::echo));
          try (TcpStream stream = TcpStream.connect(server.address())) {
            stream.write(REQUEST + "early\n");
            readHead(stream);
            assertThat(line(stream)).isEqualTo("early");
            stream.write("GET / HTTP/1.1\r\n\r\n");
            assertThat(line(stream)).isEqualTo("GET / HTTP/1.1");
            assertThat(line(stream)).isEmpty();
            Fiber<?> closing = Fiber.start(() -> server.close(Duration.ofSeconds(20)));
            assertThat(line(stream)).as("told of the end").isEqualTo("bye");
            assertThat(stream.await(1)).isFalse();
            stream.shutdownOutput();
            Fiber.await(closing.end());
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseWhereNobodyAskedForIt(Style style) {
    List<String> refused = new ArrayList<>();
    Loops.run(
        "epoll",
        () -> {
          try (HttpServer server =
                  style.open(
                      Loop.current(),
                      HttpOptions.defaults(),
                      (request, response) -> {
                        try {
                          response.upgrade("echo", UpgradeTest::echo);
                        } catch (IllegalStateException e) {
                          refused.add(String.valueOf(e.getMessage()));
                          response.send("no");
                        }
                      });
              TcpStream stream = TcpStream.connect(server.address())) {
            stream.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n");
            assertThat(line(stream)).isEqualTo("HTTP/1.1 200 OK");
          }
        });
    assertThat(refused).hasSize(1);
    assertThat(refused.get(0)).contains("asks for no upgrade");
  }

  /** Whoever has the stream now has paused it, and HTTP has nothing more to say. */
  @Test
  void shouldLeaveAPauseOfTheNextOwnerAlone() {
    List<String> shown = new ArrayList<>();
    List<ByteStream> upgraded = new ArrayList<>();
    Upgrade paused =
        connection -> {
          ByteStream stream = connection.stream();
          upgraded.add(stream);
          stream.pauseInput();
          stream.onData(in -> {
            shown.add(in.readString((int) in.size(), StandardCharsets.UTF_8));
            stream.write("thanks\n");
          });
        };
    HttpHandler handler =
        (request, response) -> {
          Response later = response.defer();
          Loop.current().post(() -> later.header("X", "y").upgrade("echo", paused));
        };
    Loops.run(
        "epoll",
        () -> {
          try (HttpServer server =
                  Style.PUSH.open(Loop.current(), HttpOptions.defaults(), handler);
              TcpStream stream = TcpStream.connect(server.address())) {
            stream.write(REQUEST + "early\n");
            readHead(stream);
            for (int turn = 0; turn < 100; turn++) {
              Fiber.yield();
            }
            assertThat(shown).isEmpty();
            upgraded.getFirst().resumeInput();
            assertThat(line(stream)).isEqualTo("thanks");
            assertThat(shown).containsExactly("early\n");
          }
        });
  }
}
