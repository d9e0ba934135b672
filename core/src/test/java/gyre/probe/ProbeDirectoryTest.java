package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose directory it is: another user may have made one first. */
class ProbeDirectoryTest {
  @TempDir private Path parent = Path.of("");
  private Path directory = Path.of("");

  @BeforeEach
  void makeOneOfOurs() throws IOException {
    directory = Files.createDirectory(parent.resolve("gyre-user"));
    allow("rwx------");
  }

  private void allow(String rights) throws IOException {
    Path ignored =
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(rights));
  }

  @Test
  void shouldTakeOneThatIsOursAloneAndOneThatIsMissing() throws IOException {
    ProbeDirectory.check(directory);
    ProbeDirectory.check(parent.resolve("missing"));
  }

  @Test
  void shouldRefuseOneThatOthersMayEnter() throws IOException {
    allow("rwx--x---");
    assertThatThrownBy(() -> ProbeDirectory.check(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 700");
  }

  @Test
  void shouldRefuseALinkAndAFile() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("link"), directory);
    Path file = Files.createFile(parent.resolve("file"));
    assertThatThrownBy(() -> ProbeDirectory.check(link)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ProbeDirectory.check(file)).isInstanceOf(IOException.class);
  }

  @Test
  void shouldGoElsewhereWhereAnotherUserWasFirst() throws IOException {
    Path inMemory = parent.resolve("in-memory");
    String runtime = parent.resolve("runtime").toString();
    assertThat(ProbeDirectory.path(null, directory, inMemory, runtime)).isEqualTo(directory);
    allow("rwxr-xr-x");
    assertThat(ProbeDirectory.path(null, directory, inMemory, runtime)).isEqualTo(inMemory);
    Path taken = Files.createFile(inMemory);
    assertThat(ProbeDirectory.path(null, directory, taken, runtime))
        .isEqualTo(Path.of(runtime, "gyre"));
    assertThat(ProbeDirectory.path(null, directory, taken, null)).isEqualTo(directory);
    assertThat(ProbeDirectory.path("/said", directory, taken, null)).isEqualTo(Path.of("/said"));
  }

  /** What is told there by the kernel is no file that has room. */
  @Test
  void shouldKnowFileSystemsWhereRoomStays() {
    assumeThat(Path.of("/dev/shm")).exists();
    assertThat(ProbeDirectory.isSafe(Path.of("/dev/shm/gyre-user"))).isTrue();
    assertThat(ProbeDirectory.isSafe(Path.of("/proc/self/gyre-user"))).isFalse();
  }
}
