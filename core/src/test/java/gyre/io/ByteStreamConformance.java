package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.net.StreamOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** What every kind of {@link ByteStream} does, on every engine. A new kind extends this. */
public abstract class ByteStreamConformance {
  private static final Duration SOON = Duration.ofMillis(5);
  private static final StreamOptions DEFAULTS = StreamOptions.defaults();
  private static final StreamOptions SMALL =
      DEFAULTS.inputLimitBytes(4096).outputLimitBytes(4096).sendBufferBytes(8192);

  @Parameter private String engine = "";

  /** Two ends that are connected to each other; both are of the calling fiber's scope. */
  public record Ends(ByteStream near, ByteStream far) {}

  /** Opens two ends, of which both behave as the options say. */
  protected abstract Ends open(StreamOptions options);

  /** Whether the other end is told of a reset. */
  protected abstract boolean tellsResets();

  private interface Body {
    void run(ByteStream near, ByteStream far) throws Exception;
  }

  private void with(StreamOptions options, Body body) {
    Loops.run(
        engine,
        () -> {
          Ends ends = open(options);
          body.run(ends.near(), ends.far());
          ends.near().close();
          ends.far().close();
        });
  }

  private void with(Body body) {
    with(DEFAULTS, body);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  private static byte[] readAll(ByteStream stream) {
    try (ByteQueue all = ByteQueue.create()) {
      while (stream.await(1)) {
        all.append(stream.input());
      }
      return all.take((int) all.size());
    }
  }

  // ---- direct style

  @Test
  void shouldCarryBytesInBothDirections() {
    with((near, far) -> {
      near.write("ping");
      assertThat(far.readExactly(4)).isEqualTo(bytes("ping"));
      far.write(bytes("pong"));
      ByteBuffer answer = ByteBuffer.allocate(4);
      near.readFully(answer);
      assertThat(answer.array()).isEqualTo(bytes("pong"));
    });
  }

  @Test
  void shouldPassOnAnEndAndGoOnInTheOtherDirection() {
    with((near, far) -> {
      near.write("last");
      near.shutdownOutput();
      assertThat(readAll(far)).isEqualTo(bytes("last"));
      assertThat(far.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      far.write("answer");
      far.shutdownOutput();
      assertThat(readAll(near)).isEqualTo(bytes("answer"));
    });
  }

  @Test
  void shouldRefuseToWriteAfterTheEndOfOutput() {
    with((near, far) -> {
      near.shutdownOutput();
      assertThatThrownBy(() -> near.write("more")).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void shouldTellOfAReset() {
    if (!tellsResets()) {
      return;
    }
    with((near, far) -> {
      near.reset();
      assertThatThrownBy(() -> far.await(1))
          .isInstanceOfSatisfying(
              IoException.class,
              failure -> {
                assertThat(failure.operation()).isEqualTo("read from");
                assertThat(failure.subject()).isEqualTo(far.name());
                assertThat(failure.errno()).isPositive();
                assertThat(failure.isRemote()).isTrue();
                assertThat(failure).hasMessageStartingWith("read from " + far.name() + ": E");
              });
    });
  }

  @Test
  void shouldHoldBackAWriterWhoseReaderIsSlow() {
    with(
        SMALL,
        (near, far) -> {
          byte[] much = pattern(1 << 20);
          long[] most = {0};
          try (Scope scope = Scope.open("writer")) {
            Fiber<?> writer =
                scope.start(() -> {
                  for (int at = 0; at < much.length; at += 1024) {
                    near.write(much, at, 1024);
                    most[0] = Math.max(most[0], near.pendingOutputBytes());
                  }
                  near.shutdownOutput();
                });
            far.await(1);
            assertThat(writer.isAlive()).isTrue();
            assertThat(readAll(far)).isEqualTo(much);
            scope.join();
          }
          assertThat(most[0]).isBetween(1L, 4096L + 1024);
        });
  }

  // ---- reading in units

  @Test
  void shouldReadLinesHoweverTheyCome() {
    with((near, far) -> {
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          for (byte one : bytes("first\nsecond\r\n\nfünf\r\r\n")) {
            near.write(new byte[] {one});
            near.flush();
          }
          near.write("a\nb\nc\n");
          near.shutdownOutput();
        });
        List<String> lines = new ArrayList<>();
        for (String line = far.readLine(20); line != null; line = far.readLine(20)) {
          lines.add(line);
        }
        assertThat(lines).containsExactly("first", "second", "", "fünf\r", "a", "b", "c");
        scope.join();
      }
    });
  }

  @Test
  void shouldRefuseALineThatIsTooLongAndGoOn() {
    with((near, far) -> {
      near.write("12345678\nnext\n");
      assertThat(far.readLine(9)).isEqualTo("12345678");
      near.write("123456789\n");
      assertThat(far.readLine(9)).isEqualTo("next");
      assertThatThrownBy(() -> far.readLine(9))
          .isInstanceOf(LimitExceededException.class)
          .hasMessage("read from " + far.name() + ": the end of a line is not within 9 bytes");
      far.write("sorry\n");
      assertThat(near.readLine(9)).isEqualTo("sorry");
      assertThat(far.readLine(10)).isEqualTo("123456789");
    });
  }

  @Test
  void shouldNotWaitForMoreOfALineThanTheLimit() {
    with((near, far) -> {
      near.write("123456789");
      assertThatThrownBy(() -> far.readLine(9)).isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> far.readUntil((byte) ';', 4))
          .isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> far.readUntil(bytes("--"), 5))
          .isInstanceOf(LimitExceededException.class);
    });
  }

  @Test
  void shouldRefuseALimitThatTheStreamCannotHold() {
    with((near, far) -> {
      int limit = far.awaitLimitBytes();
      assertThatThrownBy(() -> far.readLine(limit + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(far.name());
      assertThatThrownBy(() -> far.readExactly(limit + 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> far.readLine(0)).isInstanceOf(IllegalArgumentException.class);
      near.write("x".repeat(limit - 1) + "\n");
      assertThat(far.readLine(limit)).hasSize(limit - 1);
    });
  }

  @Test
  void shouldTellOfAnEndWithinALineAndLeaveItsBeginning() {
    with((near, far) -> {
      near.write("whole\npart");
      near.shutdownOutput();
      assertThat(far.readLine(20)).isEqualTo("whole");
      assertThatThrownBy(() -> far.readLine(20))
          .isInstanceOf(EndOfStreamException.class)
          .hasMessage(
              "read from " + far.name() + ": ended after 4 bytes, before the end of a line");
      assertThatThrownBy(() -> far.readExactly(5)).isInstanceOf(EndOfStreamException.class);
      assertThat(far.readExactly(4)).isEqualTo(bytes("part"));
      assertThat(far.readLine(20)).isNull();
      assertThat(far.readUntil((byte) 0, 20)).isNull();
      assertThat(far.awaitMore()).isFalse();
    });
  }

  @Test
  void shouldReadUpToADelimiterThatComesInPieces() {
    with((near, far) -> {
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          for (byte one : bytes("a=1&b=2;;\r\r\n\r\n!")) {
            near.write(new byte[] {one});
            near.flush();
          }
        });
        assertThat(far.readUntil((byte) '&', 100)).isEqualTo(bytes("a=1"));
        int end = far.awaitIndexOf(bytes("\r\n\r\n"), 100);
        assertThat(end).isEqualTo(6);
        assertThat(far.input().readString(end, StandardCharsets.US_ASCII)).isEqualTo("b=2;;\r");
        assertThat(far.readUntil(bytes("\r\n\r\n"), 4)).isEmpty();
        assertThat(far.readExactly(1)).isEqualTo(bytes("!"));
        scope.join();
      }
    });
  }

  @Test
  void shouldAwaitMoreThanThereIs() {
    with((near, far) -> {
      near.write("a");
      assertThat(far.await(1)).isTrue();
      Fiber<?> sender = Fiber.start(() -> near.write("b"));
      long before = far.input().size();
      assertThat(far.awaitMore()).isTrue();
      assertThat(far.input().size()).isGreaterThan(before);
      sender.join();
      near.shutdownOutput();
      while (far.awaitMore()) {
        assertThat(far.input().size()).isLessThanOrEqualTo(2);
      }
      assertThat(readAll(far)).isEqualTo(bytes("ab"));
    });
  }

  @Test
  void shouldConsumeNothingInAReadThatIsCancelled() {
    with((near, far) -> {
      near.write("part of a li");
      far.await(12);
      assertLate(() -> far.readLine(100));
      assertLate(() -> far.readExactly(13));
      assertLate(() -> far.readUntil(bytes("line"), 100));
      assertLate(() -> far.awaitMore());
      near.write("ne\n");
      assertThat(far.readLine(100)).isEqualTo("part of a line");
    });
  }

  private static void assertLate(Task work) {
    assertThatThrownBy(() -> Cancellation.within(SOON, work))
        .isInstanceOf(DeadlineExceededException.class);
  }

  // ---- appending

  @Test
  void shouldAppendWhatAQueueWould() {
    with((near, far) -> {
      append(near.output());
      near.shutdownOutput();
      try (ByteQueue queue = ByteQueue.create()) {
        append(queue);
        assertThat(readAll(far)).isEqualTo(queue.take((int) queue.size()));
      }
    });
  }

  private static void append(ByteAppender out) {
    out.appendByte(200);
    out.appendShort(0x1234);
    out.appendShortLE(0x1234);
    out.appendInt(0x12345678);
    out.appendIntLE(0x12345678);
    out.appendLong(0x123456789ABCDEF0L);
    out.appendLongLE(0x123456789ABCDEF0L);
    for (long value : new long[] {0, -1, 10, Long.MAX_VALUE, Long.MIN_VALUE}) {
      out.appendDecimal(value);
    }
    out.append("ascii");
    out.append("grüße \ud83d\ude00 \ud83d");
    out.append("");
    out.append("y".repeat(600));
    out.append("ü".repeat(3000));
    out.append(bytes("bytes"));
    out.append(bytes("bytes"), 1, 2);
    out.append(ByteBuffer.wrap(bytes("buffer")));
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("queue");
      out.append(queue);
      assertThat(queue.isEmpty()).isTrue();
    }
  }

  @Test
  void shouldHoldBackAnAppenderWhoseReaderIsSlow() {
    with(
        SMALL,
        (near, far) -> {
          int numbers = 100_000;
          long[] most = {0};
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              ByteAppender out = near.output();
              for (int i = 0; i < numbers; i++) {
                out.appendDecimal(i);
                out.append("\n");
                most[0] = Math.max(most[0], near.pendingOutputBytes());
              }
              near.shutdownOutput();
            });
            for (int i = 0; i < numbers; i++) {
              int end = far.awaitIndexOf((byte) '\n', 20);
              assertThat(far.input().readDecimal(end)).isEqualTo(i);
              far.input().drain(1);
            }
            assertThat(far.awaitMore()).isFalse();
            scope.join();
          }
          assertThat(most[0]).isBetween(1L, 4096L + 20);
        });
  }

  // ---- passing on

  @Test
  void shouldTransferAllOrJustSoMuch() {
    Loops.run(
        engine,
        () -> {
          Ends in = open(SMALL);
          Ends out = open(SMALL);
          byte[] much = pattern(300_000);
          try (Scope scope = Scope.open("transfer")) {
            scope.start(() -> {
              in.near().write(much);
              in.near().shutdownOutput();
            });
            scope.start(() -> {
              in.far().transferTo(out.near(), 0);
              in.far().transferTo(out.near(), 1);
              in.far().transferTo(out.near(), 99_999);
              assertThat(in.far().transferTo(out.near())).isEqualTo(200_000);
              assertThatThrownBy(() -> in.far().transferTo(out.near(), 1))
                  .isInstanceOf(EndOfStreamException.class);
              out.near().shutdownOutput();
            });
            assertThat(readAll(out.far())).isEqualTo(much);
            scope.join();
          }
          close(in, out);
        });
  }

  private static void close(Ends... all) {
    for (Ends ends : all) {
      ends.near().close();
      ends.far().close();
    }
  }

  @Test
  void shouldKeepWhatASinkRefuses() {
    Loops.run(
        engine,
        () -> {
          Ends in = open(DEFAULTS);
          Ends out = open(DEFAULTS);
          in.near().write("kept");
          in.far().await(4);
          out.near().shutdownOutput();
          assertThatThrownBy(() -> in.far().transferTo(out.near()))
              .isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(() -> in.far().transferTo(out.near(), 2))
              .isInstanceOf(IllegalStateException.class);
          assertThat(in.far().readExactly(4)).isEqualTo(bytes("kept"));
          close(in, out);
        });
  }

  private interface PipeBody {
    void run(ByteStream left, ByteStream right, Fiber<?> pipe) throws Exception;
  }

  /** Has the body use the outer ends of a pipe. */
  private void withPipe(StreamOptions options, PipeRun run, PipeBody body) {
    Loops.run(
        engine,
        () -> {
          Ends left = open(options);
          Ends right = open(options);
          try (Scope scope = Scope.open("test")) {
            Fiber<?> fiber = scope.start("piping", () -> run.run(left.near(), right.near()));
            body.run(left.far(), right.far(), fiber);
            scope.join();
          }
          close(left, right);
        });
  }

  private interface PipeRun {
    void run(ByteStream left, ByteStream right) throws Exception;
  }

  @Test
  void shouldPipeBothWaysAndCount() {
    byte[] much = pattern(500_000);
    withPipe(
        SMALL,
        (left, right) -> {
          Pipe pipe = ByteStream.pipe(left, right);
          assertThat(pipe.bytesToRight()).isEqualTo(much.length);
          assertThat(pipe.bytesToLeft()).isEqualTo(3);
          assertThat(pipe.isRunning()).isFalse();
          assertThat(left.isOpen() && right.isOpen()).isTrue();
        },
        (left, right, pipe) -> {
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              left.write(much);
              left.shutdownOutput();
            });
            assertThat(readAll(right)).isEqualTo(much);
            scope.join();
          }
          assertThat(pipe.isAlive()).isTrue(); // the other direction goes on
          right.write("end");
          right.shutdownOutput();
          assertThat(readAll(left)).isEqualTo(bytes("end"));
        });
  }

  @Test
  void shouldPassOnAResetThroughAPipe() {
    if (!tellsResets()) {
      return;
    }
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(() -> ByteStream.pipe(left, right))
                .isInstanceOfSatisfying(
                    IoException.class, failure -> assertThat(failure.isRemote()).isTrue()),
        (left, right, pipe) -> {
          left.write("x");
          right.await(1);
          left.reset();
          assertReset(right);
        });
  }

  private static void assertReset(ByteStream stream) {
    assertThatThrownBy(() -> readAll(stream)).isInstanceOf(IoException.class);
  }

  @Test
  void shouldResetBothEndsOfAPipeThatIsCancelled() {
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(
                    () -> Cancellation.within(SOON, () -> void_(ByteStream.pipe(left, right))))
                .isInstanceOf(CancelledException.class),
        (left, right, pipe) -> {
          pipe.join();
          if (tellsResets()) {
            assertReset(left);
            assertReset(right);
          }
        });
  }

  private static void void_(Pipe pipe) {
    assertThat(pipe.isRunning()).isFalse();
  }

  @Test
  void shouldEndAPipeInWhichNothingMoves() {
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(() -> ByteStream.pipe(left, right, Duration.ofMillis(20)))
                .isInstanceOfSatisfying(
                    IdleTimeoutException.class,
                    failure -> {
                      assertThat(failure.isTimeout()).isTrue();
                      assertThat(failure).hasMessageContaining("nothing moved for PT0.02S");
                      assertThat(left.isOpen() || right.isOpen()).isFalse();
                    }),
        (left, right, pipe) -> {
          left.write("x");
          assertThat(right.await(1)).isTrue();
          pipe.join();
        });
  }

  @Test
  void shouldNotRunAPipeTwice() {
    with((near, far) -> {
      near.shutdownOutput();
      far.shutdownOutput();
      Pipe pipe = Pipe.between(near, far, Duration.ofMinutes(1));
      pipe.run();
      assertThatThrownBy(pipe::run).isInstanceOf(IllegalStateException.class);
    });
  }

  // ---- libraries of the JDK's world

  @Test
  void shouldServeLibrariesOfTheJdk() {
    with((near, far) -> {
      String text = "a line\n".repeat(50_000);
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          try (OutputStream out = new GZIPOutputStream(near.asOutputStream())) {
            out.write(bytes(text));
          }
        });
        try (InputStream in = new GZIPInputStream(far.asInputStream())) {
          assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(text);
        }
        scope.join();
      }
      assertThat(far.await(1)).isFalse(); // closing the output has told the end
      far.asOutputStream().write('!');
      assertThat(near.asInputStream().read()).isEqualTo('!');
    });
  }

  @Test
  void shouldTellAJdkReaderWhatIsThere() {
    with((near, far) -> {
      near.write("two\nlines\n");
      near.shutdownOutput();
      InputStream in = far.asInputStream();
      assertThat(in.available()).isZero();
      assertThat(in.read(new byte[1], 0, 0)).isZero();
      assertThat(in.read()).isEqualTo('t');
      assertThat(in.available()).isPositive();
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      assertThat(reader.readLine()).isEqualTo("wo");
      assertThat(reader.readLine()).isEqualTo("lines");
      assertThat(reader.readLine()).isNull();
      reader.close();
      assertThat(far.isOpen()).isTrue();
      assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("Stream closed");
    });
  }

  @Test
  void shouldTellAJdkReaderOfATimeoutAndGoOn() {
    with(
        DEFAULTS.readTimeout(Duration.ofMillis(5)),
        (near, far) -> {
          InputStream in = far.asInputStream();
          assertThatThrownBy(in::read)
              .isInstanceOf(SocketTimeoutException.class)
              .hasCauseInstanceOf(IoException.class);
          near.write("x");
          near.flush();
          assertThat(in.read()).isEqualTo('x');
        });
  }

  @Test
  void shouldTellJdkCodeOfFailuresAsAnIoException() {
    with((near, far) -> {
      InputStream in = far.asInputStream();
      OutputStream out = near.asOutputStream();
      near.close();
      assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
      assertThatThrownBy(out::flush).isInstanceOf(IOException.class);
      assertThatThrownBy(out::close).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> out.write(1)).hasMessage("Stream closed");
      out.close();
      assertThat(in.read()).isEqualTo(-1);
      far.close();
      assertThatThrownBy(in::read).isInstanceOf(IOException.class);
    });
  }

  @Test
  void shouldNotHideACancellationFromTheFiberThatJdkCodeRunsIn() {
    with((near, far) -> assertLate(() -> assertThat(far.asInputStream().read()).isZero()));
  }

  // ---- push style

  /** Sends back what it gets, and notes what it is told. */
  private static final class Echo implements DataHandler {
    final List<String> told = new ArrayList<>();
    private final ByteStream stream;

    Echo(ByteStream stream) {
      this.stream = stream;
    }

    @Override
    public void onData(ByteQueue in) {
      stream.write(in);
    }

    @Override
    public void onEnd(ByteStream ended) {
      told.add("end");
      ended.close();
    }

    @Override
    public void onFailure(ByteStream broken, IoException failure) {
      told.add("failure " + failure.subject().equals(broken.name()));
    }

    @Override
    public void onClosed(ByteStream closed) {
      told.add("closed");
    }

    void awaitClosed() {
      while (!told.contains("closed")) {
        Fiber.sleep(Duration.ofMillis(1));
      }
    }
  }

  @Test
  void shouldPushWhatArrivesWithBackPressure() {
    with(
        SMALL,
        (near, far) -> {
          byte[] much = pattern(300_000);
          Echo echo = new Echo(far);
          far.onData(echo);
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              near.write(much);
              near.shutdownOutput();
            });
            assertThat(readAll(near)).isEqualTo(much);
            scope.join();
          }
          echo.awaitClosed();
          assertThat(echo.told).containsExactly("end", "closed");
        });
  }

  @Test
  void shouldPushFailuresAndTheClose() {
    if (!tellsResets()) {
      return;
    }
    with((near, far) -> {
      Echo echo = new Echo(far);
      far.onData(echo);
      near.reset();
      echo.awaitClosed();
      assertThat(echo.told).containsExactly("failure true", "closed");
    });
  }

  @Test
  void shouldPushNothingWhilePaused() {
    with((near, far) -> {
      List<Long> sizes = new ArrayList<>();
      far.onData(in -> {
        sizes.add(in.size());
        in.clear();
        far.write("!");
      });
      far.pauseInput();
      near.write("abc");
      near.flush();
      Fiber.yield();
      assertThat(sizes).isEmpty();
      far.resumeInput();
      assertThat(near.readExactly(1)).isEqualTo(bytes("!"));
      assertThat(sizes).isNotEmpty();
      assertThatThrownBy(() -> far.await(1)).isInstanceOf(IllegalStateException.class);
    });
  }
}
