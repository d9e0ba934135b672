package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures say with whom, on both sides and whatever became of the connection. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailureNamesTest {
  @Parameter String engine = "";

  private interface Two {
    void use(TcpStream accepted, TcpStream connected) throws Exception;
  }

  private void with(Two two) {
    with("127.0.0.1", StreamOptions.defaults(), two);
  }

  private void with(String host, StreamOptions options, Two two) {
    Loops.runReporting(
        Loops.options(engine),
        () -> {
          ListenOptions how = ListenOptions.defaults().stream(options);
          try (TcpListener listener = TcpListener.bind(host, 0, how)) {
            TcpStream connected = TcpStream.connect(listener.address());
            TcpStream accepted = listener.accept();
            two.use(accepted, connected);
            accepted.close();
            connected.close();
          }
        });
  }

  private static String address(TcpStream stream) {
    InetSocketAddress address = stream.localAddress();
    return Addresses.format(Objects.requireNonNull(address));
  }

  private static void assertNames(String peer, ThrowingCallable call) {
    assertThatThrownBy(call).hasMessageContaining("(" + peer + ")");
  }

  @Test
  void shouldNameThePeerThatResetAnAcceptedStream() {
    with((accepted, connected) -> {
      String peer = address(connected);
      connected.reset();
      assertNames(peer, () -> accepted.read(ByteBuffer.allocate(1)));
      assertNames(peer, () -> accepted.write(new byte[1]));
      assertThat(accepted.name()).endsWith("(" + peer + ")");
    });
  }

  @Test
  void shouldNameThePeerThatResetAConnectedStream() {
    with((accepted, connected) -> {
      String peer = address(accepted);
      accepted.reset();
      assertNames(peer, () -> connected.read(ByteBuffer.allocate(1)));
    });
  }

  @Test
  void shouldNameThePeerThatResetOverIpv6() {
    with(
        "::1",
        StreamOptions.defaults(),
        (accepted, connected) -> {
          String peer = address(connected);
          connected.reset();
          assertNames(peer, () -> accepted.read(ByteBuffer.allocate(1)));
        });
  }

  @Test
  void shouldNameThePeerThatIsSilent() {
    with(
        "127.0.0.1",
        StreamOptions.defaults().readTimeout(Duration.ofMillis(10)),
        (accepted, connected) ->
            assertNames(address(connected), () -> accepted.read(ByteBuffer.allocate(1))));
  }

  @Test
  void shouldNameThePeerOfAnIdleStream() {
    with(
        "127.0.0.1",
        StreamOptions.defaults().idleTimeout(Duration.ofMillis(10)),
        (accepted, connected) ->
            assertNames(address(connected), () -> accepted.read(ByteBuffer.allocate(1))));
  }

  @Test
  void shouldNameThePeerThatLeavesInTheMiddle() {
    with((accepted, connected) -> {
      String peer = address(connected);
      connected.shutdownOutput();
      assertNames(peer, () -> accepted.readFully(ByteBuffer.allocate(1)));
    });
  }

  @Test
  void shouldNameThePeerToAReaderWhoseStreamIsClosed() {
    with((accepted, connected) -> {
      String peer = address(connected);
      Fiber<?> reader =
          Fiber.start(() -> {
            assertThatThrownBy(() -> accepted.read(ByteBuffer.allocate(1)))
                .isInstanceOf(ClosedException.class)
                .hasMessageContaining("(" + peer + ")");
          });
      Fiber.yield();
      accepted.close();
      reader.join();
    });
  }

  @Test
  void shouldNameThePeerToAPushHandler() {
    with((accepted, connected) -> {
      String peer = address(connected);
      List<String> told = new ArrayList<>();
      accepted.onData(
          new DataHandler() {
            @Override
            public void onData(ByteQueue in) {
              in.clear();
            }

            @Override
            public void onFailure(ByteStream stream, IoException failure) {
              told.add(failure.toString());
            }
          });
      connected.reset();
      while (accepted.isOpen()) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThat(told).singleElement().asString().contains("(" + peer + ")");
    });
  }
}
