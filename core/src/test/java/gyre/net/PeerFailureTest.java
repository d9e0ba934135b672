package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What peers do to their connections is counted, and reported to nobody. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PeerFailureTest {
  private static final ListenOptions IMPATIENT =
      ListenOptions.defaults().stream(StreamOptions.defaults().readTimeout(Duration.ofMillis(20)));

  @Parameter String engine = "";

  private final List<String> reported = new CopyOnWriteArrayList<>();

  private LoopOptions options() {
    return Loops.options(engine).failures((source, failure) -> reported.add(source + failure));
  }

  private static void readMessages(TcpStream stream) {
    ByteBuffer message = ByteBuffer.allocate(16);
    while (true) {
      stream.readFully(message.clear());
      stream.write(message.flip());
    }
  }

  private static void assertReset(TcpStream client) {
    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining("ECONNRESET");
  }

  private interface Peer {
    void treat(TcpStream connection);
  }

  /** Three connections one after the other, to a server that reads messages. */
  private void serve(ListenOptions how, Peer peer) {
    Loops.runReporting(
        options(),
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0, how);
          Fiber<?> server = Fiber.start(() -> listener.serve(PeerFailureTest::readMessages));
          for (int i = 1; i <= 3; i++) {
            TcpStream client = TcpStream.connect(listener.address());
            peer.treat(client);
            client.close();
            while (listener.peerFailures() < i) {
              Fiber.yield();
            }
          }
          assertThat(listener.peerFailures()).isEqualTo(3);
          assertThat(Loop.current().counters().peerFailures()).isGreaterThanOrEqualTo(3);
          assertThat(Loop.current().counters().failures()).isZero();
          listener.close();
          server.join();
        });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldReportNobodyWhoIsSilentUntilTheTimeout() {
    serve(IMPATIENT, PeerFailureTest::assertReset);
  }

  @Test
  void shouldReportNobodyWhoLeavesInTheMiddle() {
    serve(ListenOptions.defaults(), client -> client.write(new byte[] {1}));
  }

  @Test
  void shouldReportNobodyWhoResets() {
    serve(
        ListenOptions.defaults(),
        client -> {
          client.write(new byte[] {1});
          client.flush();
          client.reset();
        });
  }

  @Test
  void shouldReportNoResetToAFiberOfTheUsers() {
    Loops.runReporting(
        options(),
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (Scope scope = Scope.openIsolated("own server")) {
            TcpStream client = TcpStream.connect(listener.address());
            TcpStream accepted = listener.accept();
            Fiber<?> handler =
                scope.start(() -> {
                  try {
                    readMessages(accepted);
                  } catch (NetworkException e) {
                    throw new IllegalStateException("wrapped", e);
                  }
                });
            client.reset();
            while (handler.isAlive()) {
              Fiber.yield();
            }
          }
          assertThat(listener.peerFailures()).isOne();
          listener.close();
        });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldCountResetsInPushStyle() {
    Loops.runReporting(
        options(),
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(stream -> stream.onData(stream::write));
          TcpStream client = TcpStream.connect(listener.address());
          client.write(new byte[] {1});
          client.readFully(ByteBuffer.allocate(1));
          client.reset();
          while (listener.peerFailures() == 0) {
            Fiber.yield();
          }
          listener.close();
        });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldCountOnAServer() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (LoopGroup group = LoopGroup.open(2, options());
        TcpServer server =
            TcpServer.serve(
                group,
                anyPort,
                ServerOptions.defaults()
                    .distribution(Distribution.LEAST_LOADED)
                    .listen(ListenOptions.defaults()),
                PeerFailureTest::readMessages)) {
      for (int i = 1; i <= 4; i++) {
        Socket client = new Socket(server.address().getAddress(), server.address().getPort());
        client.getOutputStream().write(1);
        client.close();
        while (server.peerFailures() < i) {
          Thread.onSpinWait();
        }
      }
    }
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldReportWhatIsTheHandlersOwn() {
    Loops.runReporting(
        options(),
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<?> server =
              Fiber.start(() ->
                  listener.serve(stream -> {
                    throw new IllegalStateException("a bug");
                  }));
          try (TcpStream client = TcpStream.connect(listener.address())) {
            assertReset(client);
          }
          assertThat(listener.peerFailures()).isZero();
          listener.close();
          server.join();
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).contains("a bug");
  }
}
