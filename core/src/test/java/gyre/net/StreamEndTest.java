package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
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
    public void onEnd(SocketStream ended) {
      told.add("end");
      stream.write(new byte[bytes]);
    }

    @Override
    public void onFailure(SocketStream broken, NetworkException failure) {
      told.add("failure");
    }

    @Override
    public void onClosed(SocketStream closed) {
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
          accepted.timedOut("was given up"); // as a timer does, while data waits
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
            scope.start(() -> Pipe.between(nearLeft, nearRight));
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
          Fiber<?> pipe = Fiber.start(() -> Pipe.between(nearLeft, nearRight));
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
}
