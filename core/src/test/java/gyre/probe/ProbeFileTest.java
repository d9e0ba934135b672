package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeFileTest {
  @Test
  void shouldBeForTheSameUserAlone() throws IOException {
    try (Loop loop = Loop.open()) {
      Path file = Objects.requireNonNull(ProbeFile.ofThisProcess());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      Path directory = Objects.requireNonNull(file.getParent());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
          .isEqualTo("rwx------");
      assertThat(loop.name()).isNotEmpty();
    }
  }

  @Test
  void shouldDeleteWhatNobodyHolds(@TempDir Path directory) throws IOException {
    Path rest = Files.createFile(directory.resolve("999999999"));
    Path socket = Files.createFile(directory.resolve("999999999.sock"));
    Path alive = Files.createFile(directory.resolve(Long.toString(ProcessHandle.current().pid())));
    Path other = Files.createFile(directory.resolve("notes"));
    ProbeFile.deleteStale(directory);
    assertThat(rest).doesNotExist();
    assertThat(socket).doesNotExist();
    assertThat(alive).exists();
    assertThat(other).exists();
  }

  @Test
  void shouldHaveRoomForEverythingItNames() {
    assertThat(Counter.values()).hasSizeLessThanOrEqualTo(SlotLayout.COUNTERS_MAX);
    assertThat(Distribution.values()).hasSizeLessThanOrEqualTo(SlotLayout.DISTRIBUTIONS_MAX);
    assertThat(SlotLayout.kindOffset(SlotLayout.KINDS_MAX))
        .isLessThanOrEqualTo(SlotLayout.HISTOGRAMS);
    assertThat(SlotLayout.kindHistogramOffset(SlotLayout.KINDS_MAX))
        .isLessThanOrEqualTo(SlotLayout.BYTES);
  }
}
