package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
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
