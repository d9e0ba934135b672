package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class InstanceLockTest {
  @TempDir Path directory;

  /** The program of another process: ends with 0 if somebody has the lock. */
  static final class Asker {
    private Asker() {}

    public static void main(String[] arguments) {
      System.exit(InstanceLock.isHeld(Path.of(arguments[0])) ? 0 : 1);
    }
  }

  private static boolean isHeldForOthers(Path file) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dgyre.insight=false",
                "-cp",
                System.getProperty("java.class.path"),
                Asker.class.getName(),
                file.toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue() == 0;
  }

  /** The kernel gives back all locks of a process on a file when one channel of it is closed. */
  @Test
  void shouldKeepTheLockWhenTheSameProcessAsksForIt() throws Exception {
    Path file = directory.resolve(".lock");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory).resolve(".lock");
    try (InstanceLock _ = InstanceLock.tryTake(file).orElseThrow()) {
      assertThat(InstanceLock.isHeld(file)).isTrue();
      assertThat(InstanceLock.isHeld(link)).isTrue();
      assertThat(InstanceLock.tryTake(file)).isEmpty();
      assertThat(isHeldForOthers(file)).isTrue();
    }
    assertThat(InstanceLock.isHeld(file)).isFalse();
    InstanceLock.tryTake(link).orElseThrow().close();
  }

  /** Nobody has a lock that is not there; of a place that is gone nothing is known. */
  @Test
  void shouldTakeADirectoryThatIsMissingForNoFreeLock() {
    assertThat(InstanceLock.isHeld(directory.resolve(".lock"))).isFalse();
    assertThat(directory).isEmptyDirectory(); // who looks makes nothing
    Path gone = directory.resolve("gone/.lock");
    assertThatThrownBy(() -> InstanceLock.isHeld(gone))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("look at lock " + gone);
  }
}
