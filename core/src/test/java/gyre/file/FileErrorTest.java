package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loops;
import gyre.Task;
import gyre.engine.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Each failure names what was tried, the path, the error and what to do. */
@EnabledOnOs(OS.LINUX)
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileErrorTest {
  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");
  private @Nullable Process running;

  private void assertRefused(Task task, String operation, Path path, Errno errno, String advice) {
    assertThatThrownBy(task::run)
        .isInstanceOfSatisfying(
            FileException.class,
            e -> {
              assertThat(e.operation()).isEqualTo(operation);
              assertThat(e.subject()).isEqualTo(path.toString());
              assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno.number());
              assertThat(e)
                  .hasMessageStartingWith(operation + " " + path + ": " + errno.name() + " (")
                  .hasMessageContaining(advice);
            });
  }

  @AfterEach
  void end() {
    if (running != null) {
      Process ignored = running.destroyForcibly();
    }
  }

  private String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    running = process;
    String said = process.inputReader(StandardCharsets.UTF_8).readAllAsString();
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static boolean works(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  private String program(List<String> before, String what, Path path) throws Exception {
    List<String> words = new ArrayList<>(before);
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    words.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.addAll(List.of(FileErrorProgram.class.getName(), engine, what, path.toString()));
    return output(words);
  }

  @Test
  void shouldTellWhatIsWrongWithAName() {
    Loops.run(
        engine,
        () -> {
          Path file = directory.resolve("file");
          Files.write(file, "x");
          Path below = file.resolve("below");
          assertRefused(
              () -> File.open(below), "open", below, Errno.ENOTDIR, "only directories have more");
          Path tooLong = directory.resolve("x".repeat(300));
          assertRefused(
              () -> File.open(tooLong), "open", tooLong, Errno.ENAMETOOLONG, "up to 255 bytes");
          assertRefused(
              () -> File.open(directory, OpenOptions.writing()),
              "open",
              directory,
              Errno.EISDIR,
              "use Directory");
          Path none = directory.resolve("none");
          assertRefused(() -> Files.delete(none), "delete", none, Errno.ENOENT, "");
          assertRefused(
              () -> Files.deleteDirectory(directory),
              "delete",
              directory,
              Errno.ENOTEMPTY,
              "Files.deleteTree");
        });
  }

  @Test
  void shouldTellOfLinksThatLeadInACircle() {
    Loops.run(
        engine,
        () -> {
          Path one = directory.resolve("one");
          Path other = directory.resolve("other");
          Files.createSymbolicLink(one, other);
          Files.createSymbolicLink(other, one);
          String advice = "symbolic links lead in a circle";
          assertRefused(() -> File.open(one), "open", one, Errno.ELOOP, advice);
          assertRefused(() -> Files.info(one), "ask about", one, Errno.ELOOP, advice);
          OpenOptions straight = OpenOptions.reading().noFollow(true);
          assertRefused(() -> File.open(one, straight), "open", one, Errno.ELOOP, advice);
        });
  }

  @Test
  void shouldTellOfAFileSystemThatIsReadOnly() throws Exception {
    Path place = java.nio.file.Files.createDirectory(directory.resolve("mounted"));
    boolean isMounted = works("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", place.toString());
    assumeTrue(isMounted, "no file system may be mounted here");
    try {
      Loops.run(
          engine,
          () -> {
            Path file = place.resolve("file");
            OpenOptions making = OpenOptions.writing().create(true);
            String advice = "the file system is mounted read-only";
            assertRefused(() -> File.open(file, making), "open", file, Errno.EROFS, advice);
            assertRefused(
                () -> Files.createDirectory(file), "create directory", file, Errno.EROFS, advice);
          });
    } finally {
      assertThat(works("umount", place.toString())).isTrue();
    }
  }

  @Test
  void shouldTellOfWhatIsTooLarge() {
    Loops.run(
        engine,
        () -> {
          Path path = directory.resolve("file");
          try (File file = File.open(path, OpenOptions.writing().create(true))) {
            ByteBuffer some = ByteBuffer.allocate(10);
            assertThatThrownBy(() -> file.write(some, Long.MAX_VALUE - 5))
                .isInstanceOf(FileException.class)
                .hasMessageStartingWith("write to " + path + ": E");
            assertThat(file.sizeBytes()).isZero();
          }
        });
  }

  /** In a JVM of its own: and it goes on when there are descriptors again. */
  @Test
  void shouldTellThatThereAreNoDescriptorsLeft() throws Exception {
    Path path = java.nio.file.Files.createFile(directory.resolve("file"));
    List<String> limited = List.of("sh", "-c", "ulimit -n 200 && exec \"$@\"", "sh");
    assertThat(program(limited, "descriptors", path).lines().skip(2).toList())
        .containsExactly(
            "open "
                + path
                + ": EMFILE (too many open files in this process): raise the limit with ulimit -n,"
                + " or close what is not needed any more",
            "opened " + path);
  }

  /** As somebody who is not allowed to do everything. */
  @Test
  void shouldTellThatItIsNotAllowed() throws Exception {
    List<String> humble =
        List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--");
    List<String> probe = new ArrayList<>(humble);
    probe.add("true");
    assumeTrue(works(probe.toArray(String[]::new)), "rights can't be given up here");
    Path path = java.nio.file.Files.createFile(directory.resolve("file"));
    assertThat(works("chmod", "0", path.toString())).isTrue();
    assertThat(program(humble, "open", path))
        .startsWith(
            "open "
                + path
                + ": EACCES (permission denied): look at the permissions of the file and of the"
                + " directories above it");
  }
}
