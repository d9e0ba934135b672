package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.io.ByteSource;
import gyre.process.ChildProcess;
import gyre.process.CommandResult;
import gyre.process.OsSignal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example {@code rebuild}. */
@Timeout(120)
class RebuildTest {
  @TempDir Path folder;

  private static void assertLines(ByteSource source, String... expected) {
    for (String line : expected) {
      assertThat(source.readLine(1000)).isEqualTo(line);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRunTheCommandAgainAfterAChange(String engine) {
    // It writes into a directory that does not count, and so does not begin its next run.
    String script = "cd '" + folder + "' && mkdir -p target && date >target/built && echo built";
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = start(engine, script)) {
          assertLines(child.stdout(), "built", "-- ended with 0");
          Path made = Files.createDirectory(folder.resolve("made"));
          assertLines(child.stdout(), "-- " + made + " has changed", "built");
          assertLines(child.stdout(), "-- ended with 0");
          Path below = Files.createDirectory(made.resolve("below"));
          assertLines(child.stdout(), "-- " + below + " has changed", "built");
          assertLines(child.stdout(), "-- ended with 0");
          child.signal(OsSignal.INT);
          assertThat(child.await().code()).isZero();
          assertThat(child.stdout().readLine(1000)).isNull();
        }
      });
    }
  }

  @Test
  void shouldEndACommandThatStillRuns() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = start("auto", "echo $$; sleep 1000")) {
          long first = Long.parseLong(String.valueOf(child.stdout().readLine(1000)));
          assertThat(ProcessHandle.of(first)).isPresent();
          Path made = Files.createDirectory(folder.resolve("made"));
          assertLines(child.stdout(), "-- " + made + " has changed");
          assertThat(ProcessHandle.of(first)).isEmpty();
          long second = Long.parseLong(String.valueOf(child.stdout().readLine(1000)));
          child.signal(OsSignal.INT);
          assertThat(child.await().code()).isZero();
          assertThat(ProcessHandle.of(second)).isEmpty();
        }
      });
    }
  }

  @Test
  void shouldSayWhatCanNotBeWatchedOrRun() {
    assertThat(errors(folder.resolve("none"), "true"))
        .startsWith("rebuild: watch ")
        .contains("none");
    assertThat(errors(folder, "/nonexistent/command"))
        .startsWith("rebuild: run /nonexistent/command: ENOENT");
  }

  private ChildProcess start(String engine, String script) {
    return Program.of(Rebuild.class, engine, folder.toString(), "sh", "-c", script).start();
  }

  private static String errors(Path directory, String command) {
    try (Loop loop = Loop.open()) {
      String[] arguments = {directory.toString(), command};
      CommandResult result = loop.run(() -> Program.of(Rebuild.class, "auto", arguments).run());
      assertThat(result.exit().code()).isEqualTo(1);
      return new String(result.stderr(), StandardCharsets.UTF_8);
    }
  }
}
