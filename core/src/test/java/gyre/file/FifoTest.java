package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Task;
import gyre.engine.Errno;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.PipeOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipes with and without names: ends that come and go. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FifoTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  @Parameter private String engine = "";

  @TempDir private Path temporary = Path.of("");

  private interface Body {
    void run(Fifo fifo) throws Exception;
  }

  private void with(Body body) {
    run(() -> {
      Fifo fifo = Fifo.at(temporary.resolve("fifo"));
      fifo.create();
      body.run(fifo);
    });
  }

  private void run(Task main) {
    Loops.run(engine, main);
  }

  private static void assertErrno(IoException failure, Errno errno) {
    assertThat(failure.errno()).isEqualTo(errno.number());
    assertThat(failure).hasMessageContaining(errno.name());
  }

  @Test
  void shouldParkOneFiberThatReadsWithoutAWriter() {
    with(fifo -> {
      try (ByteStream in = fifo.openReader()) {
        Fiber<?> reader = Fiber.start(() -> assertThat(in.readLine(100)).isEqualTo("hello"));
        assertThatThrownBy(() -> Cancellation.within(SHORT, () -> reader.join()))
            .isInstanceOf(DeadlineExceededException.class);
        try (ByteStream out = fifo.openWriter()) {
          out.write("hello\n");
        }
        reader.join();
        assertThat(in.readLine(100)).isNull();
      }
    });
  }

  @Test
  void shouldWaitForAReaderAndBeCancelled() {
    with(fifo -> {
      assertThatThrownBy(() -> Cancellation.within(SHORT, () -> fifo.openWriter().close()))
          .isInstanceOf(DeadlineExceededException.class);
      Fiber<?> writer =
          Fiber.start(() -> {
            try (ByteStream out = fifo.openWriter()) {
              out.write("late\n");
            }
          });
      Fiber.sleep(SHORT);
      assertThat(writer.isAlive()).isTrue();
      try (ByteStream in = fifo.openReader()) {
        assertThat(in.readLine(100)).isEqualTo("late");
      }
      writer.join();
    });
  }

  @Test
  void shouldSurviveWritersThatComeAndGo() {
    with(fifo -> {
      try (ByteStream in = fifo.keepOpen(true).openReader()) {
        for (int i = 0; i < 20; i++) {
          try (ByteStream out = fifo.openWriter()) {
            out.write("line " + i + "\n");
          }
          assertThat(in.readLine(100)).isEqualTo("line " + i);
        }
        assertThatThrownBy(() -> Cancellation.within(SHORT, () -> in.await(1)))
            .isInstanceOf(DeadlineExceededException.class);
      }
    });
  }

  @Test
  void shouldWriteWithoutAReaderWhereItIsKeptOpen() {
    with(fifo -> {
      try (ByteStream out = fifo.keepOpen(true).openWriter()) {
        out.write("early\n");
        out.flush();
        try (ByteStream in = fifo.openReader()) {
          assertThat(in.readLine(100)).isEqualTo("early");
        }
        out.write("between\n");
        out.flush();
      }
    });
  }

  @Test
  void shouldTellAWriterThatNobodyReads() {
    with(fifo -> {
      ByteStream in = fifo.openReader();
      try (ByteStream out = fifo.openWriter()) {
        out.write("x");
        out.flush();
        in.close();
        assertThatThrownBy(
                () -> {
                  out.write("y");
                  out.flush();
                })
            .isInstanceOfSatisfying(
                IoException.class,
                failure -> {
                  assertErrno(failure, Errno.EPIPE);
                  assertThat(failure).hasMessageContaining(fifo.toString());
                });
      }
    });
  }

  @Test
  void shouldHoldBackAWriterAndTimeOut() {
    run(() -> {
      PipeOptions options = PipeOptions.defaults().writeTimeout(SHORT).readTimeout(SHORT);
      try (AnonymousPipe pipe = AnonymousPipe.open(options)) {
        assertThatThrownBy(() -> pipe.reader().await(1))
            .isInstanceOfSatisfying(
                IoException.class, late -> assertThat(late.isTimeout()).isTrue());
        assertThatThrownBy(() -> pipe.writer().write(new byte[1 << 20]))
            .isInstanceOfSatisfying(
                IoException.class, late -> assertThat(late.isTimeout()).isTrue());
        assertThat(pipe.reader().await(1)).isTrue(); // the other direction is none of its business
      }
    });
  }

  @Test
  void shouldRefuseTheWrongEnd() {
    run(() -> {
      try (AnonymousPipe pipe = AnonymousPipe.open()) {
        assertThatThrownBy(() -> pipe.reader().write("x"))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("can only be read from");
        assertThatThrownBy(() -> pipe.writer().await(1))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("can only be written to");
      }
    });
  }

  @Test
  void shouldTellWhyItCannotBeOpened() {
    with(fifo -> {
      assertThatThrownBy(fifo::create)
          .isInstanceOfSatisfying(IoException.class, e -> assertErrno(e, Errno.EEXIST));
      Fifo missing = Fifo.at(temporary.resolve("none"));
      assertThatThrownBy(missing::openReader)
          .isInstanceOfSatisfying(IoException.class, e -> assertErrno(e, Errno.ENOENT));
      Fifo file = Fifo.at(Files.writeString(temporary.resolve("file"), "x"));
      assertThatThrownBy(file::openReader).hasMessageContaining("it is something else");
    });
  }

  @Test
  void shouldBeRefusedByAnEngineWithoutPipes() {
    Loops.run(
        "nio",
        () -> {
          assertThatThrownBy(AnonymousPipe::open)
              .isInstanceOfSatisfying(IoException.class, e -> assertErrno(e, Errno.EOPNOTSUPP))
              .hasMessageContaining("io_uring or epoll");
          assertThatThrownBy(Fifo.at(temporary.resolve("fifo"))::create)
              .hasMessageContaining("io_uring or epoll");
        });
  }
}
