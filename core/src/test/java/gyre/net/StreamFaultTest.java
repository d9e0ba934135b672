package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers that throw, and connections that are reset or half open. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamFaultTest extends StreamFaultCase {
  // ---- handlers that throw

  @Test
  void shouldCloseJustTheConnectionWhoseHandlerThrows() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      serve(
          listener,
          stream -> {
            ByteBuffer one = ByteBuffer.allocate(1);
            while (stream.read(one.clear()) >= 0) {
              if (one.get(0) == 66) {
                throw new IllegalStateException("bad byte");
              }
              stream.write(one.flip());
            }
          });
      try (SocketChannel good = client(listener);
          SocketChannel bad = client(listener)) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        assertThatThrownBy(() -> exchange(bad, 66)).hasMessageContaining("reset");
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("tcp-stream-\\d+ \\(127.0.0.1:\\d+\\): bad byte");
  }

  @Test
  void shouldCloseJustTheConnectionWhosePushHandlerThrows() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      listener.onConnection(stream -> {
        stream.rename("pushed");
        stream.onData(in -> {
          if (in.byteAt(0) == 66) {
            throw new IllegalStateException("bad byte");
          }
          stream.write(in);
        });
      });
      try (SocketChannel good = client(listener);
          SocketChannel bad = client(listener)) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        assertThatThrownBy(() -> exchange(bad, 66)).hasMessageContaining("reset");
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("pushed \\(127.0.0.1:\\d+\\): bad byte");
  }

  @Test
  void shouldCloseTheConnectionThatACallbackRefusesByThrowing() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      boolean[] refuse = {true};
      listener.onConnection(stream -> {
        if (refuse[0]) {
          refuse[0] = false;
          throw new IllegalStateException("refused");
        }
        stream.onData(stream::write);
      });
      try (SocketChannel refused = client(listener)) {
        assertThat(readOne(refused)).isEqualTo(-1);
      }
      try (SocketChannel taken = client(listener)) {
        assertThat(exchange(taken, 5)).isEqualTo(5);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("tcp-stream-\\d+ \\(127.0.0.1:\\d+\\): refused");
  }

  @Test
  void shouldCloseAPushStreamWhoseHandlerConsumesTooLittle() {
    runReporting(() -> {
      StreamOptions small = StreamOptions.defaults().inputLimitBytes(1024);
      TcpListener listener =
          TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(small));
      listener.onConnection(stream -> stream.onData(in -> {}));
      try (SocketChannel client = client(listener)) {
        Fiber.offload(() -> client.write(ByteBuffer.allocate(4096)));
        awaitConnectionThenNone(listener, client);
      }
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).contains("unconsumed, and the input limit is 1024");
  }

  /** Closing with unread input resets, which the client sees as the end or a failure. */
  private static void awaitConnectionThenNone(TcpListener listener, SocketChannel client) {
    try {
      assertThat(readOne(client)).isEqualTo(-1);
    } catch (Exception e) {
      assertThat(e).isInstanceOf(IOException.class);
    }
    awaitNoConnections(listener);
  }

  // ---- resets

  @Test
  void shouldSurviveResetsBeforeAndAfterAccept() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          for (int i = 0; i < 5; i++) {
            reset(client(listener)); // nobody accepts yet
          }
          serve(listener, StreamFaultTest::echo);
          for (int i = 0; i < 5; i++) {
            SocketChannel client = client(listener);
            assertThat(exchange(client, i)).isEqualTo(i);
            reset(client);
          }
          awaitNoConnections(listener);
          try (SocketChannel client = client(listener)) {
            assertThat(exchange(client, 7)).isEqualTo(7);
          }
          awaitNoConnections(listener);
          listener.close();
        });
  }

  @Test
  void shouldTakeConnectionsThatAreResetWhileAcceptIsParked() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<Integer> server = Scope.current().call(() -> acceptUntilOneTalks(listener));
          Fiber.yield();
          for (int i = 0; i < 5; i++) {
            InetSocketAddress address = listener.address();
            Fiber.offload(() -> {
              reset(SocketChannel.open(address)); // before the loop can have taken it
              return true;
            });
          }
          try (SocketChannel client = client(listener)) {
            assertThat(exchange(client, 7)).isEqualTo(7);
            assertThat(server.join()).isBetween(0, 5);
          }
          listener.close();
        });
  }

  /** How many came and had gone. */
  private static int acceptUntilOneTalks(TcpListener listener) {
    for (int gone = 0; ; gone++) {
      try (TcpStream stream = listener.accept()) {
        ByteBuffer one = ByteBuffer.allocate(1);
        stream.readFully(one);
        stream.write(one.flip());
        return gone;
      } catch (NetworkException reset) {
        assertThat(reset).hasMessageContaining("ECONNRESET");
      }
    }
  }

  @Test
  void shouldTellAReaderOfAReset() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          try (TcpStream stream = listener.accept()) {
            Fiber<?> reader =
                Fiber.start(() ->
                    assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                        .isInstanceOf(NetworkException.class)
                        .hasMessageContaining("ECONNRESET"));
            Fiber.yield();
            reset(client);
            reader.join();
            assertThatThrownBy(() -> stream.write(new byte[1]))
                .isInstanceOf(NetworkException.class);
            assertThatThrownBy(stream::flush).isInstanceOf(NetworkException.class);
          }
          listener.close();
        });
  }

  @Test
  void shouldTellAWriterOfAReset() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          try (TcpStream stream = listener.accept()) {
            boolean[] parked = {false};
            Fiber<?> writer =
                Fiber.start(() -> {
                  byte[] piece = new byte[64 * 1024];
                  assertThatThrownBy(
                          () -> {
                            while (true) {
                              parked[0] = stream.pendingOutputBytes() > 0;
                              stream.write(piece);
                            }
                          })
                      .isInstanceOf(NetworkException.class);
                });
            while (!parked[0]) {
              Fiber.yield();
            }
            reset(client);
            writer.join();
          }
          listener.close();
        });
  }

  @Test
  void shouldSurviveAResetWhileClosing() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = listenWithRoom(StreamOptions.defaults());
          SocketChannel client = client(listener);
          TcpStream stream = listener.accept();
          fill(stream, client);
          Fiber<?> closer = Fiber.start(stream::close);
          Fiber.yield();
          reset(client);
          closer.join();
          assertThat(stream.pendingOperations()).isZero();
          listener.close();
        });
  }

  @Test
  void shouldResetThePeer() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            stream.write(new byte[] {1});
            stream.flush();
            stream.reset();
            assertThatThrownBy(
                    () -> {
                      readOne(client);
                      readOne(client);
                    })
                .isInstanceOf(IOException.class);
          }
          listener.close();
        });
  }

  // ---- half-open

  @Test
  void shouldWriteToAPeerThatHasFinishedSending() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            client.shutdownOutput();
            assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            stream.write(new byte[] {9});
            assertThat(readOne(client)).isEqualTo(9);
          }
          listener.close();
        });
  }

  @Test
  void shouldReadAfterItsOwnEnd() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            stream.write(new byte[] {8});
            stream.shutdownOutput();
            stream.flush();
            assertThat(readOne(client)).isEqualTo(8);
            assertThat(readOne(client)).isEqualTo(-1);
            Fiber.offload(() -> client.write(ByteBuffer.allocate(3)));
            ByteBuffer three = ByteBuffer.allocate(3);
            stream.readFully(three);
            assertThatThrownBy(() -> stream.write(new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("shut down");
          }
          listener.close();
        });
  }

  @Test
  void shouldTakeEmptyWrites() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            stream.write(new byte[0]);
            stream.write(ByteBuffer.allocate(0));
            stream.write(stream.input());
            stream.flush();
            stream.write(new byte[] {3});
            assertThat(readOne(client)).isEqualTo(3);
            assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class);
          }
          listener.close();
        });
  }
}
