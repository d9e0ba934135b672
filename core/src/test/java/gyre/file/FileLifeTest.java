package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Handle;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.ShutdownReport;
import gyre.Task;
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

/** Files that nobody closes. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileLifeTest {
  private static final OpenOptions NEW = OpenOptions.readingAndWriting().createNew(true);

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");
  private final List<Throwable> reported = new ArrayList<>();

  /** What is reported is no failure of the test. */
  private void run(boolean reportsLeaks, Task body) {
    LoopOptions options =
        Loops.options(engine)
            .reportLeaks(reportsLeaks)
            .failures((source, failure) -> reported.add(failure));
    Loops.runReporting(options, body);
  }

  private File forget() {
    return File.open(directory.resolve("file"), NEW);
  }

  @Test
  void shouldNotHoldUpALoopThatHasNothingElseToDo() {
    Handle[] forgotten = new Handle[2];
    run(
        false,
        () -> {
          forgotten[0] = forget();
          forgotten[1] = Directory.open(directory);
          assertThat(forgotten[0].isBackground()).isTrue();
        });
    assertThat(forgotten).allMatch(handle -> handle.state() == Handle.State.CLOSED);
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldBeToldOfAsLeakedWhenTheLoopEnds() {
    run(
        true,
        () -> {
          File file = forget();
          assertThat(file.isOpen()).isTrue();
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst())
        .hasMessageContaining("file-")
        .hasMessageContaining(directory.resolve("file").toString())
        .hasStackTraceContaining("FileLifeTest.forget");
  }

  @Test
  void shouldBeToldOfAsLeakedWhenItsScopeEnds() {
    run(
        true,
        () -> {
          File[] forgotten = new File[1];
          try (Scope scope = Scope.open("forgetful")) {
            forgotten[0] = forget();
            assertThat(scope.fibers()).isZero();
          }
          assertThat(forgotten[0].state()).isEqualTo(Handle.State.CLOSED);
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).hasMessageContaining("forgetful");
  }

  /** An open file is nothing that a shutdown would have to wait for. */
  @Test
  void shouldNotHoldUpAShutdown() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        File file = forget();
        assertThat(file.isOpen()).isTrue();
        loop.shutdown(ShutdownOptions.defaults().drain(Duration.ofDays(1)));
      });
      ShutdownReport report = loop.shutdownReport();
      assertThat(report).isNotNull();
      Loops.assertNothingLeft(loop);
    }
  }
}
