package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Handle;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Task;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** As {@link StreamFaultTest}, where Unix sockets have ways of their own to fail. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnixFaultTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  @Parameter String engine = "";

  @TempDir Path directory = Path.of("");

  private final List<String> reported = new ArrayList<>();

  private void run(Task main) {
    LoopOptions options =
        Loops.options(engine).failures((source, e) -> reported.add(source + ": " + e.getMessage()));
    Loops.runReporting(options, main);
  }

  private Path path() {
    return directory.resolve("socket");
  }

  private static int exchange(UnixStream stream, int value) {
    stream.write(new byte[] {(byte) value});
    ByteBuffer one = ByteBuffer.allocate(1);
    return stream.read(one) < 0 ? -1 : one.get(0);
  }

  private static void close(UnixStream.Pair pair) {
    pair.left().close();
    pair.right().close();
  }

  @Test
  void shouldCloseJustTheConnectionWhoseHandlerThrows() {
    run(() -> {
      UnixListener listener = UnixListener.bind(path());
      Fiber<?> server =
          Fiber.start(() ->
              listener.serve(stream -> {
                ByteBuffer one = ByteBuffer.allocate(1);
                while (stream.read(one.clear()) >= 0) {
                  if (one.get(0) == 66) {
                    throw new IllegalStateException("bad byte");
                  }
                  stream.write(one.flip());
                }
              }));
      try (UnixStream good = UnixStream.connect(path());
          UnixStream bad = UnixStream.connect(path())) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        assertThat(exchange(bad, 66)).isEqualTo(-1);
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      listener.close();
      server.join();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("unix-stream-\\d+ \\(.*\\): bad byte");
  }

  @Test
  void shouldCloseJustTheConnectionWhosePushHandlerThrows() {
    run(() -> {
      UnixListener listener = UnixListener.bind(path());
      listener.onConnection(stream -> {
        stream.rename("pushed");
        stream.onData(in -> {
          if (in.byteAt(0) == 66) {
            throw new IllegalStateException("bad byte");
          }
          stream.write(in);
        });
      });
      try (UnixStream good = UnixStream.connect(path());
          UnixStream bad = UnixStream.connect(path())) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        // It closes with bytes unread, of which a Unix peer hears as a reset.
        assertThatThrownBy(
                () -> {
                  if (exchange(bad, 66) < 0) {
                    throw NetworkException.of("read from", "bad", "the end");
                  }
                })
            .isInstanceOf(NetworkException.class);
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      listener.close();
    });
    assertThat(reported).containsExactly("pushed (" + path() + "): bad byte");
  }

  @Test
  void shouldTellAReaderThatThePeerClosedWithBytesUnread() {
    run(() -> {
      UnixStream.Pair pair = UnixStream.pair();
      pair.left().write(new byte[100]);
      pair.left().flush();
      Fiber<?> reader =
          Fiber.start(() ->
              assertThatThrownBy(() -> pair.left().read(ByteBuffer.allocate(1)))
                  .isInstanceOf(NetworkException.class)
                  .hasMessageContaining("ECONNRESET"));
      Fiber.yield();
      pair.right().close();
      reader.join();
      close(pair);
    });
  }

  @Test
  void shouldTellAWriterThatThePeerHasGone() {
    run(() -> {
      UnixStream.Pair pair = UnixStream.pair();
      Fiber<?> writer =
          Fiber.start(() ->
              assertThatThrownBy(() -> pair.left().write(new byte[32 << 20]))
                  .isInstanceOf(NetworkException.class)
                  .hasMessageMatching("(?s).*(EPIPE|ECONNRESET).*"));
      Fiber.yield();
      Fiber.yield();
      pair.right().reset();
      writer.join();
      assertThatThrownBy(() -> pair.left().flush()).isInstanceOf(NetworkException.class);
      close(pair);
    });
  }

  @Test
  void shouldWriteToAPeerThatHasFinishedSending() {
    run(() -> {
      UnixStream.Pair pair = UnixStream.pair();
      pair.right().shutdownOutput();
      assertThat(pair.left().read(ByteBuffer.allocate(1))).isEqualTo(-1);
      pair.left().write(new byte[] {9});
      ByteBuffer one = ByteBuffer.allocate(1);
      pair.right().readFully(one);
      assertThat(one.get(0)).isEqualTo((byte) 9);
      close(pair);
    });
  }

  @Test
  void shouldTakeEmptyWrites() {
    run(() -> {
      UnixStream.Pair pair = UnixStream.pair();
      pair.left().write(new byte[0]);
      pair.left().flush();
      pair.left().write(new byte[] {3});
      ByteBuffer two = ByteBuffer.allocate(2);
      assertThat(pair.right().read(two)).isEqualTo(1);
      close(pair);
    });
  }

  @Test
  void shouldGiveUpOnPeersThatNeverRead() {
    run(() -> {
      UnixStream.Pair pair =
          UnixStream.pair(StreamOptions.defaults().writeTimeout(SHORT).outputLimitBytes(64 << 10));
      assertThatThrownBy(() -> pair.left().write(new byte[32 << 20]))
          .isInstanceOf(NetworkTimeoutException.class)
          .hasMessageContaining("could send nothing");
      assertThat(pair.left().pendingOutputBytes()).isLessThanOrEqualTo(80 << 10);
      close(pair);
    });
  }

  @Test
  void shouldTimeOutReadsAndIdleStreamsAndReadOnAfterACancelledRead() {
    run(() -> {
      for (StreamOptions options :
          List.of(
              StreamOptions.defaults().readTimeout(SHORT),
              StreamOptions.defaults().idleTimeout(SHORT))) {
        UnixStream.Pair pair = UnixStream.pair(options);
        assertThatThrownBy(() -> pair.left().read(ByteBuffer.allocate(1)))
            .isInstanceOf(NetworkTimeoutException.class);
        close(pair);
      }
      UnixStream.Pair pair = UnixStream.pair();
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThatThrownBy(() -> Cancellation.within(SHORT, () -> pair.left().read(one)))
          .isInstanceOf(DeadlineExceededException.class);
      pair.right().write(new byte[] {4});
      assertThat(pair.left().read(one)).isEqualTo(1);
      close(pair);
    });
  }

  @Test
  void shouldSayWhatIsWrongWithAPath() {
    run(() -> {
      assertThatThrownBy(() -> UnixStream.connect(path()))
          .isInstanceOf(NetworkException.class)
          .hasMessageContaining(path().toString());
      try (UnixListener listener = UnixListener.bind(path())) {
        assertThatThrownBy(() -> UnixListener.bind(path()))
            .isInstanceOf(NetworkException.class)
            .hasMessageContaining("exists already");
        assertThat(listener.isOpen()).isTrue();
      }
      Path nowhere = directory.resolve("missing").resolve("socket");
      assertThatThrownBy(() -> UnixListener.bind(nowhere))
          .isInstanceOf(NetworkException.class)
          .hasMessageContaining(nowhere.toString());
    });
  }

  @Test
  void shouldLeaveAPathToTheSuccessorThatHasBoundIt() {
    run(() -> {
      UnixListener old = UnixListener.bind(path());
      Files.delete(path());
      try (UnixListener successor = UnixListener.bind(path())) {
        old.close();
        while (old.state() != Handle.State.CLOSED) {
          Fiber.yield();
        }
        Fiber<?> server = Fiber.start(() -> successor.accept().close());
        try (UnixStream stream = UnixStream.connect(path())) {
          assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        server.join();
      }
    });
    assertThat(path()).doesNotExist();
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldLeaveAFileThatHasComeToItsPlace() {
    run(() -> {
      UnixListener old = UnixListener.bind(path());
      Files.delete(path());
      Files.createFile(path());
      old.close();
    });
    assertThat(path()).isRegularFile();
  }
}
