package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.process.ChildProcess;
import gyre.process.CommandResult;
import gyre.process.OsSignal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example {@code follow}. */
@Timeout(120)
class FollowTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldPrintWhatIsAddedToAFileAndToItsSuccessor(String engine) {
    Path log = folder.resolve("log");
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        Files.writeString(log, "first\n");
        try (ChildProcess child = Program.of(Follow.class, engine, log.toString()).start()) {
          assertThat(child.stdout().readLine(100)).isEqualTo("first");
          Files.writeString(log, "second\n", StandardOpenOption.APPEND);
          assertThat(child.stdout().readLine(100)).isEqualTo("second");
          Files.move(log, folder.resolve("log.1"));
          Files.writeString(log, "another\n");
          assertThat(child.stdout().readLine(100)).isEqualTo("another");
          Files.writeString(log, "cut\n"); // is shorter
          assertThat(child.stdout().readLine(100)).isEqualTo("cut");
          child.signal(OsSignal.INT);
          assertThat(child.await().code()).isZero();
          assertThat(child.stderr().readLine(1000)).isNull();
        }
      });
    }
  }

  @Test
  void shouldFollowWhatALinkLeadsToAndBeginNearTheEnd() {
    Path log = folder.resolve("log");
    Path link = folder.resolve("link");
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        Files.writeString(log, "x".repeat(1_000_000) + "\nlast\n");
        Files.createSymbolicLink(link, log);
        try (ChildProcess child = Program.of(Follow.class, "auto", link.toString()).start()) {
          assertThat(child.stdout().readLine(1000)).hasSizeLessThan(1000);
          assertThat(child.stdout().readLine(100)).isEqualTo("last");
          Files.writeString(log, "more\n", StandardOpenOption.APPEND);
          assertThat(child.stdout().readLine(100)).isEqualTo("more");
        }
      });
    }
  }

  @Test
  void shouldSayThatThereIsNoSuchFile() {
    try (Loop loop = Loop.open()) {
      CommandResult result =
          loop.run(() -> Program.of(Follow.class, "auto", folder.resolve("none") + "").run());
      assertThat(result.exit().code()).isEqualTo(1);
      assertThat(new String(result.stderr(), StandardCharsets.UTF_8))
          .isEqualTo(
              "follow: open " + folder.resolve("none") + ": ENOENT (no such file or directory)\n");
    }
  }
}
