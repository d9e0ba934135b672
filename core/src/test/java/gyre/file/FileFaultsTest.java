package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loops;
import gyre.Task;
import gyre.engine.Errno;
import gyre.io.ByteQueue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What disks and paths do to programs. */
@EnabledOnOs(OS.LINUX)
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileFaultsTest {
  private static final int DISK_BYTES = 256 * 1024;

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private static boolean command(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }

  /** On a small file system of its own, where one may be mounted. */
  private void onSmallDisk(Task body) throws Exception {
    String place = directory.toString();
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "tmpfs", place),
        "no file system may be mounted here");
    try {
      Loops.run(engine, body);
    } finally {
      assertThat(command("umount", place)).isTrue();
    }
  }

  private static void assertFull(FileException e) {
    assertThat(e.errno()).isEqualTo(Errno.ENOSPC.number());
    assertThat(e).hasMessageContaining("make room on the file system");
  }

  @Test
  void shouldTellHowMuchAFullDiskHasTaken() throws Exception {
    onSmallDisk(() -> {
      Path path = directory.resolve("file");
      try (File file = File.open(path, OpenOptions.writing().create(true));
          ByteQueue queue = ByteQueue.create()) {
        queue.append(new byte[2 * DISK_BYTES]);
        assertThatThrownBy(() -> file.write(queue, 0))
            .isInstanceOfSatisfying(FileException.class, FileFaultsTest::assertFull);
        assertThat(file.sizeBytes() + queue.size()).isEqualTo(2L * DISK_BYTES);
        assertThat(file.sizeBytes()).isPositive();
        ByteBuffer more = ByteBuffer.allocate(1000);
        assertThatThrownBy(() -> file.write(more, file.sizeBytes()))
            .isInstanceOfSatisfying(FileException.class, FileFaultsTest::assertFull);
      }
    });
  }

  @Test
  void shouldKeepTheOldContentWhereThereIsNoRoomForTheNew() throws Exception {
    onSmallDisk(() -> {
      Path path = directory.resolve("settings");
      DurableFile.replace(path, new byte[1000]);
      assertThatThrownBy(() -> DurableFile.replace(path, new byte[2 * DISK_BYTES]))
          .isInstanceOfSatisfying(FileException.class, FileFaultsTest::assertFull);
      assertThat(Files.readAll(path, 1000)).hasSize(1000);
      try (DirectoryListing names = Files.list(directory)) {
        assertThat(names.next()).isNotNull();
        assertThat(names.next()).as("the temporary file is gone").isNull();
      }
    });
  }

  @Test
  void shouldNameWhatIsWrongWithAPath() {
    Loops.run(
        engine,
        () -> {
          Files.write(directory.resolve("file"), "x");
          assertThatThrownBy(() -> File.open(directory.resolve("file/below")))
              .isInstanceOf(FileException.class)
              .hasMessageContaining("open " + directory.resolve("file/below"));
          assertThatThrownBy(() -> File.open(directory.resolve("x".repeat(300))))
              .hasMessageContaining("ENAMETOOLONG");
          assertThatThrownBy(() -> File.open(directory, OpenOptions.writing()))
              .hasMessageContaining("EISDIR");
        });
  }

  /** Nobody has the other end of the pipe. */
  @Test
  void shouldNotWaitForTheOtherEndOfAPipe() throws Exception {
    Path pipe = directory.resolve("pipe");
    assumeTrue(command("mkfifo", pipe.toString()), "no mkfifo here");
    Loops.run(
        engine,
        () -> {
          assertThatThrownBy(() -> File.open(pipe, OpenOptions.writing()))
              .isInstanceOf(FileException.class);
          if (engine.equals("io_uring")) { // which takes no notice of an offset there
            try (File file = File.open(pipe)) {
              assertThat(file.read(ByteBuffer.allocate(1), 0)).isEqualTo(-1);
            }
          } else if (engine.equals("epoll")) {
            try (File file = File.open(pipe)) {
              assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
                  .hasMessageContaining("ESPIPE")
                  .hasMessageContaining("it is a pipe");
            }
          }
        });
  }
}
