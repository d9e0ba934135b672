package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    Path ignored = Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(rights));
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
    assertThat(ProbeDirectory.path(null, directory, "/run/user/1")).isEqualTo(directory);
    allow("rwxr-xr-x");
    assertThat(ProbeDirectory.path(null, directory, "/run/user/1"))
        .isEqualTo(Path.of("/run/user/1/gyre"));
    assertThat(ProbeDirectory.path(null, directory, null)).isEqualTo(directory);
    assertThat(ProbeDirectory.path("/said", directory, "/run/user/1")).isEqualTo(Path.of("/said"));
  }
}
