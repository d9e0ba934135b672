package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Fiber;
import gyre.Loops;
import gyre.engine.Errno;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What streams and listeners can do beside carrying bytes. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamFeaturesTest {
  @Parameter String engine = "";

  @TempDir private Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String readAll(SocketStream stream) {
    ByteBuffer all = ByteBuffer.allocate(10_000);
    while (stream.read(all) >= 0) {
      assertThat(all.hasRemaining()).isTrue();
    }
    return StandardCharsets.UTF_8.decode(all.flip()).toString();
  }

  @Test
  void shouldReadOnAfterShuttingDownItsOutput() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<?> server =
              Fiber.start(() -> {
                try (TcpStream stream = listener.accept()) {
                  String question = readAll(stream);
                  stream.write(bytes("answer to " + question));
                  stream.shutdownOutput();
                  assertThatThrownBy(() -> stream.write(bytes("more")))
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("has been shut down");
                }
              });
          try (TcpStream stream = TcpStream.connect(listener.address())) {
            stream.write(bytes("question"));
            stream.shutdownOutput();
            assertThat(readAll(stream)).isEqualTo("answer to question");
          }
          server.join();
          listener.close();
        });
  }

  @Test
  void shouldChangeOptionsOfAnOpenStream() {
    Loops.run(
        engine,
        () -> {
          TcpStream closed;
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream stream = TcpStream.connect(listener.address())) {
            closed = stream;
            assertThat(stream.noDelay()).isTrue();
            stream.noDelay(false);
            assertThat(stream.noDelay()).isFalse();
            assertThat(stream.keepAlive()).isFalse();
            stream.keepAlive(60, 10, 3);
            assertThat(stream.keepAlive()).isTrue();
            assertThat(stream.lingerSeconds()).isNegative();
            stream.lingerSeconds(5);
            assertThat(stream.lingerSeconds()).isEqualTo(5);
            stream.sendBufferBytes(64 * 1024);
            assertThat(stream.sendBufferBytes()).isGreaterThanOrEqualTo(64 * 1024);
            stream.receiveBufferBytes(64 * 1024);
            assertThat(stream.receiveBufferBytes()).isGreaterThanOrEqualTo(64 * 1024);
          }
          assertThatThrownBy(closed::noDelay).hasMessageContaining("is closed");
        });
  }

  @Test
  void shouldAcceptBothFamiliesOnTheWildcardOfIpv6() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener;
          try {
            listener = TcpListener.bind("::", 0);
          } catch (NetworkException e) {
            assumeTrue(e.errno() != Errno.EAFNOSUPPORT.number(), "no IPv6 here");
            throw e;
          }
          try (listener;
              TcpStream four = TcpStream.connect("127.0.0.1", listener.port());
              TcpStream six = TcpStream.connect("::1", listener.port())) {
            try (TcpStream one = listener.accept();
                TcpStream other = listener.accept()) {
              assertThat(one.remoteAddress()).isNotNull().isNotEqualTo(other.remoteAddress());
              InetSocketAddress fourLocal = four.localAddress();
              InetSocketAddress sixLocal = six.localAddress();
              assertThat(new InetSocketAddress[] {fourLocal, sixLocal})
                  .containsExactlyInAnyOrder(one.remoteAddress(), other.remoteAddress());
            }
          }
        });
  }

  @Test
  void shouldSayThatAPortIsInUse() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            assertThatThrownBy(() -> TcpListener.bind("127.0.0.1", listener.port()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("listen on 127.0.0.1:" + listener.port())
                .hasMessageContaining("something listens there already");
          }
        });
  }

  @Test
  void shouldServeAPathAndDeleteIt() {
    Loops.run(
        engine,
        () -> {
          Path path = directory.resolve("socket");
          try (UnixListener listener = UnixListener.bind(path);
              UnixStream stream = UnixStream.connect(path);
              UnixStream accepted = listener.accept()) {
            assertThat(stream.path()).isEqualTo(path);
            assertThat(accepted.path()).isEqualTo(path);
            stream.write(bytes("hello"));
            stream.shutdownOutput();
            assertThat(readAll(accepted)).isEqualTo("hello");
            assertThatThrownBy(() -> UnixListener.bind(path))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("exists already");
          }
          assertThat(path).doesNotExist();
          assertThatThrownBy(() -> UnixStream.connect(path))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("connect to " + path);
        });
  }

  @Test
  void shouldListenOnANameThatIsNoFile() {
    assumeTrue(!engine.equals("nio"), "the JDK's channels know only files");
    Loops.run(
        engine,
        () -> {
          Path name = Path.of("@gyre-test-" + ProcessHandle.current().pid() + "-" + engine);
          try (UnixListener listener = UnixListener.bind(name);
              UnixStream stream = UnixStream.connect(name);
              UnixStream accepted = listener.accept()) {
            assertThat(name).doesNotExist();
            stream.write(bytes("hello"));
            stream.shutdownOutput();
            assertThat(readAll(accepted)).isEqualTo("hello");
          }
          assertThatThrownBy(() -> UnixStream.connect(name)).isInstanceOf(NetworkException.class);
        });
  }
}
