package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.Loop;
import gyre.LoopOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
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

  /** Closing any channel of a file drops the locks that a process has on it. */
  @Test
  void shouldKeepItsLockWhileItIsReadByItsOwnProcess() throws IOException {
    assumeThat(Path.of("/proc/locks")).exists();
    try (Loop loop = Loop.open()) {
      Path file = Objects.requireNonNull(ProbeFile.ofThisProcess());
      try (Arena arena = Arena.ofConfined()) {
        assertThat(ProbeFile.mapOfThisProcess(file, arena)).isNotNull();
        assertThat(ProbeFile.mapOfThisProcess(file.resolveSibling("1"), arena)).isNull();
      }
      assertThat(loop.name()).isNotEmpty();
      assertThat(isLocked(file)).isTrue();
    }
  }

  private static boolean isLocked(Path file) throws IOException {
    String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
    String pid = " " + ProcessHandle.current().pid() + " ";
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .anyMatch(line -> line.contains(inode) && line.contains(pid));
  }

  @Test
  void shouldLookUsed() throws IOException {
    try (Loop loop = Loop.open()) {
      Path file = Objects.requireNonNull(ProbeFile.ofThisProcess());
      FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(20)));
      Path ignored = Files.setLastModifiedTime(file, old);
      ProbeFile.touch();
      assertThat(Files.getLastModifiedTime(file)).isGreaterThan(old);
      assertThat(loop.name()).isNotEmpty();
    }
  }

  /** In another container it has the same number. */
  @Test
  void shouldNotDeleteTheFileOfAProcessThatLives(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("1"));
    Process other = child("hold", file.toString());
    try (BufferedReader told = other.inputReader()) {
      assertThat(told.readLine()).isEqualTo("ready");
      assertThatThrownBy(() -> ProbeFile.deleteRest(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another container");
      assertThat(file).exists();
    } finally {
      other.destroyForcibly();
      int ignored = other.waitFor();
    }
    ProbeFile.deleteRest(file);
    assertThat(file).doesNotExist();
  }

  @Test
  void shouldLetALoopOpenWhileTheProcessEnds() throws Exception {
    Process other = child("end");
    try (BufferedReader told = other.inputReader()) {
      assertThat(told.readLine()).isEqualTo("opened");
    } finally {
      other.destroyForcibly();
      int ignored = other.waitFor();
    }
  }

  private static Process child(String... arguments) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx64m", "-Dgyre.fibers=baton"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    words.addAll(List.of(arguments));
    return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** What runs in a process of its own. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws IOException {
      if (arguments[0].equals("hold")) {
        try (FileChannel channel =
                FileChannel.open(Path.of(arguments[1]), StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          System.out.println(lock.isValid() ? "ready" : "not locked");
          int ignored = System.in.read();
        }
      } else {
        Runtime.getRuntime().addShutdownHook(new Thread(Child::open));
      }
    }

    private static void open() {
      try (Loop loop = Loop.open(LoopOptions.defaults().engine("nio").name("late"))) {
        System.out.println(loop.name().equals("late") ? "opened" : loop.name());
      } catch (RuntimeException | Error e) {
        System.out.println(e);
      }
    }
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
