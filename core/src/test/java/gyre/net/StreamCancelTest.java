package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.FreePort;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Cancelled calls leave streams in a defined state; refusals say why; slow peers hold up nobody.
 */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamCancelTest extends StreamFaultCase {
  // ---- cancellation leaves streams in a defined state

  @Test
  void shouldReadOnAfterACancelledRead() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            for (int i = 0; i < 3; i++) {
              ByteBuffer one = ByteBuffer.allocate(1);
              assertThatThrownBy(() -> Cancellation.within(SHORT, () -> stream.read(one)))
                  .isInstanceOf(DeadlineExceededException.class);
              assertThat(one.position()).isZero();
              assertThat(exchangeBackwards(client, stream, i)).isEqualTo(i);
            }
          }
          listener.close();
        });
  }

  private static int exchangeBackwards(SocketChannel client, TcpStream stream, int value)
      throws Exception {
    Fiber.offload(() -> client.write(ByteBuffer.allocate(1).put((byte) value).flip()));
    ByteBuffer one = ByteBuffer.allocate(1);
    stream.readFully(one);
    return one.get(0);
  }

  @Test
  void shouldTellHowMuchACancelledWriteHasTaken() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            ByteBuffer large = ByteBuffer.allocate(32 << 20);
            for (int i = 0; i < large.capacity(); i += 1024) {
              large.putInt(i, i);
            }
            assertThatThrownBy(() -> Cancellation.within(SHORT, () -> stream.write(large)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(large.position()).isPositive().isLessThan(large.capacity());
            Fiber<Boolean> reader =
                Scope.current()
                    .call(() ->
                        Fiber.offload(() -> {
                          ByteBuffer got = ByteBuffer.allocate(large.capacity());
                          while (got.hasRemaining() && client.read(got) >= 0) {}
                          return got.flip().equals(large.duplicate().clear());
                        }));
            stream.write(large);
            assertThat(reader.join()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldAcceptAfterACancelledAccept() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          assertThatThrownBy(() -> Cancellation.within(SHORT, () -> listener.accept()))
              .isInstanceOf(DeadlineExceededException.class);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            assertThat(exchangeBackwards(client, stream, 4)).isEqualTo(4);
          }
          listener.close();
        });
  }

  @Test
  void shouldLetGoOfAConnectionThatIsNotMadeInTime() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().backlog(1));
          try (Scope scope = Scope.open("connects")) {
            // More than the backlog takes: the rest waits, nobody accepts.
            int[] cancelled = {0};
            for (int i = 0; i < 6; i++) {
              scope.start(() -> {
                try {
                  Cancellation.within(
                      Duration.ofMillis(50), () -> TcpStream.connect(listener.address()).close());
                } catch (CancelledException e) {
                  cancelled[0]++;
                }
              });
            }
            scope.join();
            assertThat(cancelled[0]).isPositive();
          }
          listener.close();
        });
  }

  // ---- messages

  @Test
  void shouldSayThatAPortIsInUse() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            assertThatThrownBy(() -> TcpListener.bind("127.0.0.1", listener.port()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("listen on 127.0.0.1:" + listener.port())
                .hasMessageContaining("choose another port");
          }
        });
  }

  @Test
  void shouldSayThatNobodyListens() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", FreePort.next());
          InetSocketAddress nobody = listener.address();
          listener.close();
          assertThatThrownBy(() -> TcpStream.connect(nobody))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("ECONNREFUSED");
        });
  }

  @Test
  void shouldRefuseOtherThreads() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            List<Task> uses =
                List.of(
                    stream::close,
                    stream::shutdownOutput,
                    stream::reset,
                    () -> stream.read(ByteBuffer.allocate(1)),
                    () -> stream.write(new byte[1]),
                    () -> stream.onData(in -> {}),
                    () -> listener.accept());
            Fiber.offload(() -> {
              for (Task use : uses) {
                assertThatThrownBy(use::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is no fiber of loop");
              }
              return true;
            });
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  // ---- push style and slow peers

  @Test
  void shouldCallAPushHandlerAgainWhoseOutputOthersHaveFilled() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          TcpStream stream = listener.accept();
          Fiber<?> self = Fiber.current();
          int[] got = {0};
          int mebibytes = 16;
          Fiber<?> writer =
              Fiber.start(() -> {
                for (int i = 0; i < mebibytes; i++) {
                  stream.write(new byte[1 << 20]);
                }
              });
          Fiber.yield();
          stream.onData(in -> {
            got[0] += (int) in.size();
            in.clear();
            self.unpark();
          });
          Fiber.offload(() -> client.write(ByteBuffer.allocate(10)));
          Fiber.sleep(Duration.ofMillis(5));
          Fiber<?> reader =
              Fiber.start(() ->
                  Fiber.offload(() -> {
                    ByteBuffer all = ByteBuffer.allocate(mebibytes << 20);
                    while (all.hasRemaining() && client.read(all) >= 0) {}
                    return true;
                  }));
          Cancellation.within(
              LONG,
              () -> {
                while (got[0] < 10) {
                  Fiber.park();
                }
              });
          writer.join();
          reader.join();
          client.close();
          stream.close();
          listener.close();
        });
  }

  @Test
  void shouldNotHaveASocketOfTheJdkHangBesideFibers() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        listener.onConnection(stream -> stream.onData(stream::write));
        InetSocketAddress address = listener.address();
        int answer =
            Fiber.offload(() -> {
              try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                socket.getOutputStream().write(6);
                return socket.getInputStream().read();
              }
            });
        assertThat(answer).isEqualTo(6);
        awaitNoConnections(listener);
        listener.close();
      });
      Loops.assertNothingLeft(loop);
    }
  }
}
