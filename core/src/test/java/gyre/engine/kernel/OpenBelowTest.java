package gyre.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.sys.LinuxFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is done where a sandbox refuses openat2: name by name. */
@EnabledOnOs(OS.LINUX)
class OpenBelowTest {
  private final KernelFiles files = new KernelFiles();
  @TempDir private Path temporary = Path.of("");
  private int root = -1;

  private static byte[] bytes(Object path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }

  @BeforeEach
  void prepare() throws Exception {
    Files.createDirectories(temporary.resolve("root/sub/deep"));
    Files.writeString(temporary.resolve("secret"), "secret");
    Files.writeString(temporary.resolve("root/sub/file"), "content");
    Files.createSymbolicLink(temporary.resolve("root/link"), Path.of("sub"));
    Files.createSymbolicLink(temporary.resolve("root/up"), Path.of("../secret"));
    root =
        files.open(
            FileCalls.WORKING_DIRECTORY,
            bytes(temporary.resolve("root")),
            FileFlags.O_RDONLY | FileFlags.O_DIRECTORY,
            0);
    assertThat(root).isNotNegative();
  }

  @AfterEach
  void giveBack() {
    LinuxFiles.discard(root);
  }

  private int open(String path, int flags) {
    int result = OpenBelow.byParts(root, bytes(path), flags, 0600);
    if (result >= 0) {
      LinuxFiles.discard(result);
      return 0;
    }
    return result;
  }

  @Test
  void shouldOpenWhatIsBelow() {
    for (String path :
        new String[] {
          "sub/file", "sub//file", "./sub/./file", "sub/deep/../file", "sub/../sub/file"
        }) {
      assertThat(open(path, FileFlags.O_RDONLY)).as(path).isZero();
    }
    assertThat(open("sub/new", FileFlags.O_WRONLY | FileFlags.O_CREAT)).isZero();
    assertThat(temporary.resolve("root/sub/new")).exists();
    assertThat(open("sub/deep/..", FileFlags.O_RDONLY)).isZero();
    assertThat(open("sub/", FileFlags.O_RDONLY)).isZero();
  }

  @Test
  void shouldRefuseWhatLeaves() {
    for (String path : new String[] {"..", "../secret", "sub/../../secret", "/etc/passwd"}) {
      assertThat(open(path, FileFlags.O_RDONLY)).as(path).isEqualTo(Errno.EXDEV.negated());
    }
  }

  @Test
  void shouldFollowNoLink() {
    assertThat(open("up", FileFlags.O_RDONLY)).isEqualTo(Errno.ELOOP.negated());
    assertThat(open("link/file", FileFlags.O_RDONLY))
        .isIn(Errno.ELOOP.negated(), Errno.ENOTDIR.negated());
    assertThat(open("sub/file/", FileFlags.O_RDONLY)).isEqualTo(Errno.ENOTDIR.negated());
    assertThat(open("", FileFlags.O_RDONLY)).isEqualTo(Errno.ENOENT.negated());
  }

  /** Nothing stays open: as many as there may be descriptors, and more. */
  @Test
  void shouldCloseWhatItOpensOnTheWay() {
    int before = open();
    for (int i = 0; i < 50; i++) {
      assertThat(open("sub/deep/../deep/../file", FileFlags.O_RDONLY)).isZero();
      assertThat(open("sub/deep/missing/file", FileFlags.O_RDONLY))
          .isEqualTo(Errno.ENOENT.negated());
    }
    assertThat(open() - before).isLessThan(40);
  }

  private static int open() {
    String[] names = new java.io.File("/proc/self/fd").list();
    return names == null ? 0 : names.length;
  }
}
