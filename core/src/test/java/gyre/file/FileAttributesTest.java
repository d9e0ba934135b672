package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loops;
import gyre.Task;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known about a file and can be changed, and copies over what is there. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileAttributesTest {
  private static final Instant LONG_AGO = Instant.parse("1999-12-31T23:59:58.123456789Z");
  private static final Instant BEFORE_1970 = Instant.parse("1969-07-20T20:17:40.5Z");

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private void run(Task body) {
    Loops.run(engine, body);
  }

  /** Before 1970, but on NIO: the JDK makes 1970 of that if it is no whole second. */
  private Instant old() {
    return engine.equals("nio") ? Instant.EPOCH.plusSeconds(1) : BEFORE_1970;
  }

  private Path file(String name) {
    Path path = directory.resolve(name);
    Files.write(path, name);
    return path;
  }

  @Test
  void shouldChangeTimesEachByItself() {
    run(() -> {
      Path path = file("a");
      try (File file = File.open(path, OpenOptions.writing())) {
        Instant accessed = file.info().accessed();
        file.modified(LONG_AGO);
        assertThat(file.info().modified()).isEqualTo(LONG_AGO);
        assertThat(file.info().accessed()).isEqualTo(accessed);
        file.accessed(old());
        assertThat(file.info().accessed()).isEqualTo(old());
        assertThat(file.info().modified()).isEqualTo(LONG_AGO);
        assertThatThrownBy(() -> file.modified(Instant.MAX))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("2262");
      }
      Files.modified(path, old());
      assertThat(Files.info(path).modified()).isEqualTo(old());
      Files.modified(directory, LONG_AGO);
      assertThat(Files.info(directory).modified()).isEqualTo(LONG_AGO);
    });
  }

  @Test
  void shouldChangePermissionsByPath() {
    run(() -> {
      Path path = file("a");
      Files.permissions(path, 0640);
      assertThat(Files.info(path).permissions()).isEqualTo(0640);
      assertThatThrownBy(() -> Files.permissions(directory.resolve("none"), 0640))
          .isInstanceOf(FileException.class)
          .hasMessageStartingWith("change the permissions of " + directory.resolve("none"))
          .hasMessageContaining("ENOENT");
    });
  }

  @Test
  void shouldChangeTheOwner() {
    run(() -> {
      Path path = file("a");
      int user = Files.info(path).user();
      assumeTrue(user == 0, "only root may do so");
      Files.owner(path, 12, 34);
      assertThat(Files.info(path).user()).isEqualTo(12);
      assertThat(Files.info(path).group()).isEqualTo(34);
      try (File file = File.open(path, OpenOptions.writing())) {
        file.owner(-1, 56);
        assertThat(file.info().user()).isEqualTo(12);
        assertThat(file.info().group()).isEqualTo(56);
        file.owner(78, -1);
        assertThat(file.info().user()).isEqualTo(78);
      }
    });
  }

  /** As a program that has it open sees it: the same file. */
  @Test
  void shouldCopyIntoAFileThatIsThere() {
    run(() -> {
      Path from = file("a rather long name");
      Path to = file("b");
      Files.permissions(to, 0604);
      Files.createLink(directory.resolve("other name"), to);
      FileInfo before = Files.info(to);
      assertThat(Files.copyInto(from, to)).isEqualTo(18);
      assertThat(Files.readText(directory.resolve("other name"), 100))
          .isEqualTo("a rather long name");
      assertThat(Files.info(to).isSameFile(before)).isTrue();
      assertThat(Files.info(to).permissions()).isEqualTo(0604);
      assertThat(Files.copyInto(file("c"), to)).isEqualTo(1);
      assertThat(Files.readText(to, 100)).as("nothing of the longer one stays").isEqualTo("c");
      assertThat(Files.copyInto(from, directory.resolve("new"))).isEqualTo(18);
    });
  }

  @Test
  void shouldNotCopyAFileIntoItself() {
    run(() -> {
      Path path = file("precious");
      Path link = directory.resolve("link");
      Files.createLink(link, path);
      assertThatThrownBy(() -> Files.copyInto(path, link))
          .isInstanceOf(FileException.class)
          .hasMessageContaining("they are the same file");
      assertThat(Files.readText(path, 100)).isEqualTo("precious");
    });
  }

  @Test
  void shouldReplaceAFileByACopyThatIsWhole() {
    run(() -> {
      Path from = file("from");
      Files.permissions(from, 0640);
      Path to = file("to");
      Files.createLink(directory.resolve("other"), to);
      assertThat(DurableFile.copy(from, to)).isEqualTo(4);
      assertThat(Files.readText(to, 100)).isEqualTo("from");
      assertThat(Files.info(to).permissions()).isEqualTo(0640);
      assertThat(Files.readText(directory.resolve("other"), 100)).isEqualTo("to");
      assertThatThrownBy(() -> DurableFile.copy(directory.resolve("none"), to))
          .isInstanceOf(FileException.class)
          .hasMessageContaining("ENOENT");
      assertThat(Files.readText(to, 100)).isEqualTo("from");
    });
  }
}
