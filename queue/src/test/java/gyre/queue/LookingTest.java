package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Who looks at a queue need not be able to write there, and changes nothing. */
class LookingTest {
  @TempDir Path directory;

  /** A program that runs can't be opened for writing, by root neither. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldLookAtALockThatCannotBeWritten() {
    Path running = Path.of(ProcessHandle.current().info().command().orElseThrow());
    assertThatThrownBy(() -> Files.newByteChannel(running, StandardOpenOption.WRITE))
        .isInstanceOf(IOException.class);
    assertThat(InstanceLock.isHeld(running)).isFalse();
  }

  @Test
  void shouldMakeNoLockWhereThereIsNone() {
    assertThat(InstanceLock.isHeld(directory.resolve(".lock"))).isFalse();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldNotTakeAQueueThatCannotBeSeenForNone() throws IOException {
    Path endless = directory.resolve("endless");
    Path _ = Files.createSymbolicLink(endless, endless);
    assertThatThrownBy(() -> Backend.spool(endless).operations().report())
        .isInstanceOf(QueueException.class)
        .hasMessageStartingWith("look at queue " + endless + ": ")
        .hasMessageNotContaining("there is none");
    assertThatThrownBy(() -> Backend.spool(directory.resolve("x")).operations().report())
        .hasMessageEndingWith("there is none; enqueue something, or start a worker");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void shouldSayWhoMayNotLook() throws IOException {
    Path closed = Files.createDirectory(directory.resolve("closed"));
    assumeTrue(closed.toFile().setExecutable(false) && !Files.exists(closed.resolve(".")));
    assertThatThrownBy(() -> Backend.spool(closed).operations().report())
        .hasMessage(
            "look at queue "
                + closed
                + ": EACCES (permission denied): give the user of this process the rights to it");
  }
}
