package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.probe.ProbeFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that has used up its descriptors: just then somebody asks what is wrong with it. */
@Timeout(180)
class DescriptorShortageTest {
  private static final int LIMIT = 256;

  /** Only what hangs takes so long: a JVM that has just begun needs seconds on a busy machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(50);

  @Test
  void shouldAnswerWithoutADescriptorLeft(@TempDir Path directory) throws Exception {
    Path ignored =
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Process starved = start(directory);
    try (BufferedReader told = starved.inputReader()) {
      assertThat(told.readLine()).isEqualTo("full");
      Path socket = directory.resolve(starved.pid() + ".sock");
      for (int i = 0; i < 3; i++) {
        List<String> lines = new ArrayList<>();
        ControlClient.ask(socket, "waits", PATIENCE, lines::add);
        assertThat(lines).anyMatch(line -> line.contains("starved"));
      }
    } finally {
      starved.destroyForcibly();
      int _ = starved.waitFor();
    }
  }

  private static Process start(Path directory) throws IOException {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("sh", "-c", "ulimit -n " + LIMIT + " && exec \"$0\" \"$@\""));
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx64m"));
    words.add("-Dgyre.insight.directory=" + directory);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Starved.class.getName()));
    return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** What runs in a process of its own. */
  static final class Starved {
    private Starved() {}

    public static void main(String[] arguments) throws IOException {
      List<FileChannel> open = new ArrayList<>();
      try (Loop loop = Loop.open(LoopOptions.defaults().engine("nio").name("starved"))) {
        Path socket = ProbeFile.socketOf(ProcessHandle.current().pid());
        ControlClient.ask(socket, "waits", PATIENCE, line -> {}); // loads all of it
        fill(open);
        System.out.println("full");
        int _ = System.in.read();
        assertThat(loop.name()).isNotEmpty();
      }
    }

    private static void fill(List<FileChannel> open) {
      try {
        while (true) {
          open.add(FileChannel.open(Path.of("/dev/null"), StandardOpenOption.READ));
        }
      } catch (IOException e) {
        // None is left.
      }
    }
  }
}
