package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.nio.file.Path;
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

/** What becomes of bytes that a sink has gathered. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileSinkTest {
  private static final OpenOptions NEW = OpenOptions.readingAndWriting().create(true);
  private static final String LOST = "12 bytes that a sink had gathered are lost";

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");
  private final List<Throwable> reported = new ArrayList<>();

  private void run(Task body) {
    Loops.runReporting(
        Loops.options(engine).failures((source, failure) -> reported.add(failure)), body);
  }

  private Path path() {
    return directory.resolve("file");
  }

  @Test
  void shouldTellWhoClosesItsFileFirst() {
    run(() -> {
      File file = File.open(path(), NEW);
      FileSink sink = file.sink(0);
      sink.write("twelve bytes");
      assertThatThrownBy(file::close)
          .isInstanceOf(FileException.class)
          .hasMessageContaining("write to " + path())
          .hasMessageContaining(LOST)
          .hasMessageContaining("flush the sink before");
      assertThat(file.isOpen()).isFalse();
      assertThatThrownBy(sink::close).isInstanceOf(FileException.class).hasMessageContaining(LOST);
      sink.close(); // it was told
      assertThat(Files.readAll(path(), 100)).isEmpty();
    });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldReportWhatAScopeHasLost() {
    run(() -> {
      try (Scope scope = Scope.open("forgetful")) {
        FileSink sink = File.open(path(), NEW).sink(0);
        sink.write("twelve bytes");
        assertThat(scope.fibers()).isZero();
      }
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst())
        .isInstanceOf(FileException.class)
        .hasMessageContaining(path().toString())
        .hasMessageContaining(LOST);
  }

  @Test
  void shouldSayNothingWhereNothingIsLost() {
    run(() -> {
      File file = File.open(path(), NEW);
      FileSink sink = file.sink(0);
      sink.write("twelve bytes");
      sink.flush();
      file.close();
      sink.close();
      assertThat(Files.readText(path(), 100)).isEqualTo("twelve bytes");
    });
    assertThat(reported).isEmpty();
  }

  /** The write that is under way has the bytes, and is told; its memory comes back. */
  @Test
  void shouldTellTheFiberThatWritesWhenTheFileIsClosed() {
    run(() -> {
      for (int round = 0; round < 20; round++) {
        File file = File.open(path(), NEW);
        FileSink sink = file.sink(0);
        Throwable[] told = new Throwable[1];
        Fiber<?> writer =
            Fiber.start(() -> {
              try {
                while (true) {
                  sink.write(new byte[50_000]);
                }
              } catch (ClosedException closed) {
                told[0] = closed;
              }
            });
        for (int i = 0; i < round; i++) {
          Fiber.yield();
        }
        closeQuietly(file);
        writer.join();
        assertThat(told[0]).isNotNull();
        closeQuietly(sink);
      }
    });
    assertThat(reported).isEmpty();
  }

  private static void closeQuietly(AutoCloseable closeable) throws Exception {
    try {
      closeable.close();
    } catch (FileException told) {
      assertThat(told).hasMessageContaining("bytes that a sink had gathered are lost");
    }
  }

  @Test
  void shouldKeepTogetherWhatEachOfManyFibersWrites() {
    int fibers = 10;
    int lines = 200;
    run(() -> {
      try (File file = File.open(path(), NEW);
          FileSink sink = file.sink(0)) {
        try (Scope scope = Scope.open("writers")) {
          for (int i = 0; i < fibers; i++) {
            String line = Character.toString('a' + i).repeat(1_000) + "\n";
            scope.start(
                "writer",
                () -> {
                  for (int n = 0; n < lines; n++) {
                    sink.write(line);
                    if (n % 10 == 0) {
                      sink.flush();
                    }
                  }
                });
          }
          scope.join();
        }
        assertThat(sink.offset()).isEqualTo(1_001L * fibers * lines);
      }
      int[] counts = new int[fibers];
      try (File file = File.open(path());
          FileSource source = file.source()) {
        for (String line : source.lines(1_001)) {
          assertThat(line).isEqualTo(line.substring(0, 1).repeat(1_000));
          counts[line.charAt(0) - 'a']++;
        }
      }
      assertThat(counts).containsOnly(lines);
    });
  }
}
