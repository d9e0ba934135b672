package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** No end passes for an orderly one that is none, on either side. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamEndTest {
  private static final int MORE_THAN_THE_KERNEL_TAKES = 32 << 20;

  @Parameter String engine = "";

  private interface Body {
    void run(TcpListener listener) throws Exception;
  }

  private void run(StreamOptions accepted, Body body) {
    LoopOptions options = Loops.options(engine).failures((source, failure) -> {});
    Loops.runReporting(
        options,
        () -> {
          ListenOptions how = ListenOptions.defaults().stream(accepted);
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, how)) {
            body.run(listener);
          }
        });
  }

  /** Goes on sending after the end of the input. */
  private static final class Sender implements DataHandler {
    final List<String> told = new ArrayList<>();
    private final SocketStream stream;
    private final int bytes;

    Sender(SocketStream stream, int bytes) {
      this.stream = stream;
      this.bytes = bytes;
      stream.onData(this);
    }

    @Override
    public void onData(ByteQueue in) {
      told.add("data");
      in.clear();
    }

    @Override
    public void onEnd(ByteStream ended) {
      told.add("end");
      stream.write(new byte[bytes]);
    }

    @Override
    public void onFailure(ByteStream broken, IoException failure) {
      told.add("failure");
    }

    @Override
    public void onClosed(ByteStream closed) {
      told.add("closed");
    }
  }

  private void sendAfterTheEnd(StreamOptions options, int bytes) {
    run(
        options,
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream accepted = listener.accept();
          Sender sender = new Sender(accepted, bytes);
          client.shutdownOutput();
          while (!sender.told.contains("closed")) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThat(sender.told).containsExactly("end", "failure", "closed");
          client.close();
        });
  }

  @Test
  void shouldTellAPushHandlerOfAWriteTimeoutAfterTheEnd() {
    StreamOptions options = StreamOptions.defaults().outputLimitBytes(64 << 20);
    sendAfterTheEnd(options.writeTimeout(Duration.ofMillis(50)), MORE_THAN_THE_KERNEL_TAKES);
  }

  @Test
  void shouldTellAPushHandlerOfAnIdleTimeoutAfterTheEnd() {
    sendAfterTheEnd(StreamOptions.defaults().idleTimeout(Duration.ofMillis(50)), 1);
  }

  @Test
  void shouldTellOfAFailureBeforeData() {
    run(
        StreamOptions.defaults(),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream accepted = listener.accept();
          Sender sender = new Sender(accepted, 1);
          accepted.pauseInput();
          client.write(new byte[1]);
          client.flush();
          accepted.timedOut("use", "was given up"); // as a timer does, while data waits
          accepted.resumeInput();
          while (!sender.told.contains("closed")) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThat(sender.told).containsExactly("failure", "closed");
          client.close();
        });
  }

  private static void assertReset(TcpStream client) {
    assertThatThrownBy(
            () -> {
              while (client.read(ByteBuffer.allocate(100)) >= 0) {
                Thread.onSpinWait();
              }
            })
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining("ECONNRESET");
    client.close();
  }

  @Test
  void shouldResetTheStreamOfAHandlerThatThrows() {
    resetBy(stream -> {
      throw new IllegalStateException("on purpose");
    });
  }

  @Test
  void shouldResetTheStreamOfAHandlerThatIsCancelled() {
    resetBy(stream -> {
      throw new CancelledException("on purpose", null);
    });
  }

  private void resetBy(ConnectionHandler<TcpStream> handler) {
    run(
        StreamOptions.defaults(),
        listener -> {
          try (Scope scope = Scope.open("server")) {
            scope.start(() -> listener.serve(handler));
            assertReset(TcpStream.connect(listener.address()));
            listener.close();
          }
        });
  }

  @Test
  void shouldResetTheStreamOfAPushHandlerThatThrows() {
    run(
        StreamOptions.defaults(),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          listener
              .accept()
              .onData(in -> {
                in.clear();
                throw new IllegalStateException("on purpose");
              });
          client.write(new byte[1]);
          assertReset(client);
        });
  }

  @Test
  void shouldPassOnAResetThroughAPipe() {
    run(
        StreamOptions.defaults(),
        listener -> {
          try (Scope scope = Scope.openIsolated("pipe")) {
            TcpStream left = TcpStream.connect(listener.address());
            TcpStream nearLeft = listener.accept();
            TcpStream right = TcpStream.connect(listener.address());
            TcpStream nearRight = listener.accept();
            scope.start(() -> ByteStream.pipe(nearLeft, nearRight));
            left.write(new byte[] {1});
            assertThat(right.read(ByteBuffer.allocate(1))).isEqualTo(1);
            left.reset();
            assertReset(right);
          }
        });
  }

  @Test
  void shouldPassOnAHalfCloseThroughAPipe() {
    run(
        StreamOptions.defaults(),
        listener -> {
          TcpStream left = TcpStream.connect(listener.address());
          TcpStream nearLeft = listener.accept();
          TcpStream right = TcpStream.connect(listener.address());
          TcpStream nearRight = listener.accept();
          Fiber<?> pipe = Fiber.start(() -> ByteStream.pipe(nearLeft, nearRight));
          left.shutdownOutput();
          assertThat(right.read(ByteBuffer.allocate(1))).isEqualTo(-1);
          right.write(new byte[] {1});
          right.shutdownOutput();
          assertThat(left.read(ByteBuffer.allocate(2))).isEqualTo(1);
          assertThat(left.read(ByteBuffer.allocate(2))).isEqualTo(-1);
          pipe.join();
          List.of(left, nearLeft, right, nearRight).forEach(SocketStream::close);
        });
  }

  @Test
  void shouldEndAnIdlePipeInOrderWithItsServer() {
    run(
        StreamOptions.defaults(),
        listener -> {
          TcpListener upstream = TcpListener.bind("127.0.0.1", 0);
          List<String> seen = new ArrayList<>();
          Fiber<?> server =
              Fiber.start(() ->
                  listener.serve(client -> {
                    try (TcpStream right = TcpStream.connect(upstream.address())) {
                      ByteStream.pipe(client, right);
                      seen.add("complete");
                    } catch (CancelledException e) {
                      seen.add("cancelled");
                      throw e;
                    }
                  }));
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream far = upstream.accept();
          client.write("question");
          assertThat(far.readExactly(8)).hasSize(8);
          far.write("answer");
          assertThat(client.readExactly(6)).hasSize(6);
          listener.close();
          assertThat(client.await(1)).isFalse(); // an end, and no reset
          assertThat(far.await(1)).isFalse();
          List.of(client, far).forEach(SocketStream::close);
          server.join();
          upstream.close();
          assertThat(seen).containsExactly("cancelled");
        });
  }

  /** What a client that uploads first and reads then gets, of a server that answers at once. */
  private void uploadTo(ConnectionHandler<TcpStream> handler) {
    run(
        StreamOptions.defaults(),
        listener -> {
          Fiber<?> server = Fiber.start(() -> listener.serve(handler));
          for (int i = 0; i < 10; i++) {
            TcpStream client = TcpStream.connect(listener.address());
            client.write(new byte[1 << 20]);
            client.flush();
            ByteBuffer answer = ByteBuffer.allocate(3);
            assertThat(client.read(answer)).isEqualTo(2);
            assertThat(client.read(answer)).isEqualTo(-1);
            client.write(new byte[1000]); // is discarded too
            client.close();
          }
          listener.close();
          server.join();
        });
  }

  @Test
  void shouldLetThePeerReadTheAnswerWhenInputIsUnread() {
    uploadTo(stream -> {
      stream.read(ByteBuffer.allocate(100));
      stream.write(new byte[2]);
    });
  }

  @Test
  void shouldLetThePeerReadTheAnswerWhenNothingWasRead() {
    run(
        StreamOptions.defaults(),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          client.write(new byte[1000]);
          client.flush();
          TcpStream accepted = listener.accept();
          Fiber<?> server =
              Fiber.start(() -> {
                accepted.write(new byte[2]);
                accepted.close();
              });
          ByteBuffer answer = ByteBuffer.allocate(3);
          assertThat(client.read(answer)).isEqualTo(2);
          assertThat(client.read(answer)).isEqualTo(-1);
          client.close();
          server.join();
        });
  }

  @Test
  void shouldLetThePeerReadTheAnswerAfterShuttingTheOutputDown() {
    uploadTo(stream -> {
      stream.await(1);
      stream.write(new byte[2]);
      stream.shutdownOutput();
    });
  }

  @Test
  void shouldDiscardNoMoreThanTheLimit() {
    run(
        StreamOptions.defaults().discardLimitBytes(10_000),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream accepted = listener.accept();
          accepted.write(new byte[2]);
          client.write(new byte[1]);
          accepted.await(1);
          Fiber<?> closer = Fiber.start(accepted::close);
          assertThatThrownBy(
                  () -> {
                    while (true) {
                      client.write(new byte[10_000]);
                      client.flush();
                    }
                  })
              .isInstanceOf(NetworkException.class);
          closer.join();
          client.close();
        });
  }

  @Test
  void shouldDiscardNoLongerThanTheLimit() {
    run(
        StreamOptions.defaults().closeTimeout(Duration.ofMillis(20)),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream accepted = listener.accept();
          accepted.write(new byte[2]);
          client.write(new byte[1]);
          accepted.await(1);
          accepted.close(); // returns though the client never closes
          client.close();
        });
  }

  @Test
  void shouldCloseAtOnceWhereNothingIsUnread() {
    run(
        StreamOptions.defaults().closeTimeout(Duration.ofDays(1)),
        listener -> {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream accepted = listener.accept();
          accepted.write(new byte[2]);
          accepted.close();
          client.close();
        });
  }
}
