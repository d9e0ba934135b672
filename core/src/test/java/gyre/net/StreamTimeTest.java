package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of time: of reads and writes, of idle streams, and of closing. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamTimeTest extends StreamFaultCase {
  // ---- time

  @Test
  void shouldGiveUpOnPeersThatNeverRead() {
    Loops.run(
        engine,
        () -> {
          StreamOptions options =
              StreamOptions.defaults().writeTimeout(SHORT).outputLimitBytes(64 * 1024);
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            byte[] piece = new byte[16 * 1024];
            assertThatThrownBy(
                    () -> {
                      while (true) {
                        stream.write(piece);
                        assertThat(stream.pendingOutputBytes()).isLessThanOrEqualTo(80 * 1024);
                      }
                    })
                .isInstanceOf(NetworkTimeoutException.class)
                .hasMessageContaining("could send nothing");
            assertThatThrownBy(stream::flush).isInstanceOf(NetworkTimeoutException.class);
            stream.reset();
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTimeOutWritesAlsoWhileInputArrives() {
    Loops.run(
        engine,
        () -> {
          StreamOptions options = StreamOptions.defaults().writeTimeout(Duration.ofMillis(150));
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
          try (SocketChannel client = client(listener);
              Scope scope = Scope.open("talk")) {
            TcpStream stream = listener.accept();
            boolean[] stopped = {false};
            scope.start(() -> {
              while (!stopped[0]) {
                Fiber.offload(() -> client.write(ByteBuffer.allocate(1)));
                Fiber.sleep(Duration.ofMillis(5));
              }
            });
            Fiber<?> reader =
                scope.start(() ->
                    assertThatThrownBy(
                            () -> {
                              while (true) {
                                stream.read(ByteBuffer.allocate(64));
                              }
                            })
                        .isInstanceOf(NetworkTimeoutException.class));
            assertThatThrownBy(
                    () -> {
                      while (true) {
                        stream.write(new byte[64 * 1024]);
                      }
                    })
                .isInstanceOf(NetworkTimeoutException.class);
            reader.join();
            stopped[0] = true;
            scope.join();
            stream.reset();
          }
          listener.close();
        });
  }

  @Test
  void shouldGiveUpSendingWhenTheTimeForClosingIsUp() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = listenWithRoom(StreamOptions.defaults().closeTimeout(SHORT));
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            fill(stream, client);
            Fiber<?> flusher =
                Fiber.start(() ->
                    assertThatThrownBy(stream::flush)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed"));
            Fiber.yield();
            stream.close();
            flusher.join();
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTimeOutReadsAndIdleStreams() {
    Loops.run(
        engine,
        () -> {
          StreamOptions reads = StreamOptions.defaults().readTimeout(SHORT);
          StreamOptions idle = StreamOptions.defaults().idleTimeout(SHORT);
          for (StreamOptions options : List.of(reads, idle)) {
            TcpListener listener =
                TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
            try (SocketChannel client = client(listener);
                TcpStream stream = listener.accept()) {
              assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                  .isInstanceOf(NetworkTimeoutException.class);
              assertThat(client.isOpen()).isTrue();
            }
            listener.close();
          }
        });
  }

  @Test
  void shouldNotTellALaterReadOfATimeoutThatCameTogetherWithACancellation() {
    Duration limit = Duration.ofMillis(250);
    Loops.run(
        engine,
        () -> {
          UnixStream.Pair pair = UnixStream.pair(StreamOptions.defaults().readTimeout(limit));
          ByteBuffer target = ByteBuffer.allocate(1);
          Fiber.start(() -> holdTheLoop(limit.plus(SHORT))); // both are over in one turn
          assertThatThrownBy(() -> Cancellation.within(limit, () -> pair.left().read(target)))
              .isInstanceOf(DeadlineExceededException.class);
          Fiber.start(() -> pair.right().write(new byte[] {1})); // when the next read waits
          assertThat(pair.left().read(target)).isEqualTo(1);
          pair.left().close();
          pair.right().close();
        });
  }

  private static void holdTheLoop(Duration time) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldHandOutNoMoreConnectionsThanMayBeOpen() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().maxConnections(1));
          try (SocketChannel first = client(listener);
              SocketChannel second = client(listener)) {
            TcpStream open = listener.accept();
            assertThatThrownBy(() -> Cancellation.within(SHORT, () -> listener.accept()))
                .isInstanceOf(DeadlineExceededException.class);
            open.close();
            listener.accept().close();
            assertThat(first.isOpen() && second.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTellAPushHandlerThatItsStreamIsIdle() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          StreamOptions idle = StreamOptions.defaults().idleTimeout(SHORT);
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(idle));
          List<IoException> failures = new ArrayList<>();
          listener.onConnection(stream ->
              stream.onData(
                  new DataHandler() {
                    @Override
                    public void onData(ByteQueue in) {}

                    @Override
                    public void onFailure(ByteStream broken, IoException failure) {
                      failures.add(failure);
                      self.unpark();
                    }
                  }));
          try (SocketChannel client = client(listener)) {
            while (failures.isEmpty()) {
              Fiber.park();
            }
            assertThat(client.isOpen()).isTrue();
          }
          assertThat(failures.getFirst()).isInstanceOf(NetworkTimeoutException.class);
          awaitNoConnections(listener);
          listener.close();
        });
  }
}
