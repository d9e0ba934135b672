package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ShellTest {
  @Test
  void shouldLeaveNothingRunningThatACommandHasStarted(@TempDir Path folder) throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc here");
    Shell.Result result =
        Shell.run(
            folder,
            Map.of(),
            "sleep 600 & echo $!; setsid sleep 600 & echo $!",
            Duration.ofSeconds(30),
            folder.resolve("output"));
    assertThat(result.isGood()).isTrue();
    assertThat(result.output().lines()).hasSize(2);
    for (String pid : result.output().lines().toList()) {
      assertThat(isRunning(Path.of("/proc", pid))).as(pid).isFalse();
    }
  }

  /**
   * Between two programs a process has no environment: a pipe instead of it makes the first look
   * see that, and lays the second one's environment there meanwhile.
   */
  @Test
  @Timeout(60)
  void shouldLookAgainAtAProcessThatTurnsIntoAnotherProgram(@TempDir Path processes)
      throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc here");
    Leftovers leftovers = new Leftovers(processes);
    Process turning = new ProcessBuilder("sleep", "600").start();
    try {
      Path process = Files.createDirectory(processes.resolve(Long.toString(turning.pid())));
      Files.createSymbolicLink(process.resolve("exe"), Path.of("sleep"));
      Path environment = process.resolve("environ");
      assertThat(new ProcessBuilder("mkfifo", environment.toString()).start().waitFor()).isZero();
      Path next =
          Files.writeString(processes.resolve("next"), leftovers.marked(Map.of()).toString());
      Thread turn =
          Thread.startVirtualThread(() -> {
            try (OutputStream opened = Files.newOutputStream(environment)) { // when it is read
              Files.move(next, environment, StandardCopyOption.REPLACE_EXISTING);
              opened.flush();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      boolean ignored = leftovers.kill(); // false where a second is too short here
      turn.join();
      assertThat(turning.waitFor(30, TimeUnit.SECONDS)).as("it is killed").isTrue();
    } finally {
      turning.destroyForcibly();
    }
  }

  /** What has none in any case holds nobody up: nor does it say whose it is. */
  @Test
  void shouldNotWaitForAProcessThatHadNoEnvironmentBefore(@TempDir Path processes)
      throws IOException {
    Path process = Files.createDirectory(processes.resolve("4711"));
    Files.createSymbolicLink(process.resolve("exe"), Path.of("daemon"));
    Files.createFile(process.resolve("environ"));
    assertThat(new Leftovers(processes).kill()).isTrue();
  }

  /** One that has ended may wait for a parent that never asks for it. */
  private static boolean isRunning(Path process) throws IOException {
    try {
      String stat = Files.readString(process.resolve("stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (java.nio.file.NoSuchFileException e) {
      return false;
    }
  }
}
