package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listening sockets that go from one server to another, as between two processes. */
@Timeout(60)
class HandOverTest {
  private static final int HAND_OVERS = 20;
  private static final byte[] NOTE = "a note".getBytes(StandardCharsets.UTF_8);

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static ServerOptions options(ListenOptions listen) {
    return ServerOptions.defaults().distribution(Distribution.LEAST_LOADED).listen(listen);
  }

  /** Answers each byte by its name. */
  private static ConnectionHandler<TcpStream> named(char name) {
    return stream -> {
      while (stream.await(1)) {
        stream.input().drain(1);
        stream.write(new byte[] {(byte) name});
      }
    };
  }

  private static char ask(Socket socket) throws IOException {
    socket.setSoTimeout(30_000);
    socket.getOutputStream().write('?');
    return (char) socket.getInputStream().read();
  }

  /** On one loop: hands over, and gives the new server. */
  private static TcpServer handOver(Loop loop, TcpServer old, char name) {
    UnixStream.Pair pair = UnixStream.pair();
    try (UnixStream from = pair.left();
        UnixStream to = pair.right()) {
      from.handListeners(NOTE, List.of(old));
      UnixStream.Handed handed = to.receiveListeners(Duration.ofSeconds(10));
      assertThat(handed.note()).isEqualTo(NOTE);
      HandedListener listener = handed.listeners().getFirst();
      assertThat(listener.address()).isEqualTo(old.address());
      TcpServer server =
          TcpServer.serve(
              loop, anyPort(), options(ListenOptions.defaults().adopt(listener)), named(name));
      old.stopListening();
      server.acceptAgain();
      return server;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldGoOnWhereTheOldOneListened(String engine) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, LoopOptions.defaults().engine(engine))) {
      Loop loop = group.loop(0);
      TcpServer old =
          loop.call(() ->
              TcpServer.serve(loop, anyPort(), options(ListenOptions.defaults()), named('a')));
      try (Socket before = new Socket(old.address().getAddress(), old.address().getPort())) {
        assertThat(ask(before)).isEqualTo('a');
        TcpServer next = loop.call(() -> handOver(loop, old, 'b'));
        assertThat(next.address()).isEqualTo(old.address());
        try (Socket after = new Socket(next.address().getAddress(), next.address().getPort())) {
          assertThat(ask(after)).isEqualTo('b');
          assertThat(ask(before)).as("connections of the old one go on").isEqualTo('a');
        }
        next.close(Duration.ZERO);
      }
      old.close(Duration.ZERO);
    }
  }

  @Test
  void shouldLoseNoConnection() throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicInteger good = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    try (LoopGroup group = LoopGroup.open(1)) {
      Loop loop = group.loop(0);
      TcpServer server =
          loop.call(() ->
              TcpServer.serve(loop, anyPort(), options(ListenOptions.defaults()), named('a')));
      InetSocketAddress address = server.address();
      Thread load =
          Thread.ofPlatform()
              .start(() -> {
                while (!isOver.get()) {
                  try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                    assertThat(ask(socket)).isIn('a', 'b');
                    good.incrementAndGet();
                  } catch (IOException | AssertionError e) {
                    failed.incrementAndGet();
                  }
                }
              });
      for (int i = 0; i < HAND_OVERS; i++) {
        TcpServer old = server;
        server = loop.call(() -> handOver(loop, old, 'b'));
        int before = good.get();
        while (good.get() == before && failed.get() == 0) {
          Thread.onSpinWait();
        }
        old.close(Duration.ofSeconds(10));
      }
      isOver.set(true);
      load.join();
      server.close(Duration.ZERO);
    }
    assertThat(failed.get()).isZero();
    assertThat(good.get()).isGreaterThanOrEqualTo(HAND_OVERS);
  }

  @SuppressWarnings("try") // what is tested is the close
  @Test
  void shouldSayWhatIsWrong() throws Exception {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        UnixStream.Pair pair = UnixStream.pair();
        try (UnixStream from = pair.left();
            UnixStream to = pair.right()) {
          assertThatThrownBy(() -> to.receiveListeners(Duration.ofMillis(20)))
              .isInstanceOf(NetworkTimeoutException.class)
              .hasMessageContaining("nothing came within");
          assertThatThrownBy(() -> from.handListeners(new byte[0], List.of()))
              .hasMessageContaining("a note of 0 bytes");
          from.handListeners(NOTE, List.of());
          from.write("what follows\n");
          from.flush();
          UnixStream.Handed none = to.receiveListeners(Duration.ofSeconds(10));
          assertThat(none.listeners()).isEmpty();
          assertThat(none.note()).isEqualTo(NOTE);
          assertThat(to.readLine(100)).isEqualTo("what follows");
          from.close();
          assertThatThrownBy(() -> to.receiveListeners(Duration.ofSeconds(10)))
              .hasMessageContaining("the other side has ended");
        }
        Fiber.yield();
      });
    }
  }

  @Test
  void shouldSayThatAnEngineCant() {
    try (Loop loop = Loop.open(LoopOptions.defaults().engine("nio"))) {
      loop.run(() -> {
        UnixStream.Pair pair = UnixStream.pair();
        try (UnixStream from = pair.left();
            UnixStream to = pair.right()) {
          assertThat(to.isOpen()).isTrue();
          assertThatThrownBy(() -> from.handListeners(NOTE, List.of()))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("EOPNOTSUPP");
        }
      });
    }
  }
}
