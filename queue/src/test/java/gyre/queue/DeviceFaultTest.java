package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A device that is full, in a small file system of its own: where one may be mounted. */
@Timeout(180)
class DeviceFaultTest {
  private static final int ENTRIES = 20;

  @TempDir Path directory;
  private Path small;
  private boolean isMounted;

  @BeforeEach
  void mount() throws Exception {
    small = Files.createDirectory(directory.resolve("small"));
    isMounted = run("mount", "-t", "tmpfs", "-o", "size=3m", "none", small.toString()) == 0;
    if (!isMounted) {
      System.out.println("SKIPPED: no file system can be mounted here, so none can be filled");
    }
    assumeTrue(isMounted, "mount is not allowed");
  }

  @AfterEach
  void unmount() throws Exception {
    if (isMounted) {
      assertThat(run("umount", "-l", small.toString())).isZero();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  /** Until nothing more goes in. */
  private Path fill() {
    Path filler = small.resolve("filler");
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      return filler;
    }
  }

  @Test
  void shouldKeepAllEntriesThroughAFullDeviceAndBlameNone() throws Exception {
    try (WorkerRig rig = new WorkerRig(small.resolve("queue"))) {
      rig.query("CREATE TABLE t (n INTEGER, x BLOB)");
      for (int i = 0; i < ENTRIES; i++) {
        rig.drop("5_" + i, "{\"sql\": \"INSERT INTO t VALUES (" + i + ", zeroblob(20000))\"}");
      }
      Path filler = fill();
      rig.start();
      WorkerRig.await("it says so", () -> !rig.worker().stats().trouble.isEmpty());
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
      Files.delete(filler);
      for (int i = 0; i < ENTRIES; i++) {
        rig.awaitCompleted("5_" + i);
      }
      assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
          .containsExactly(ENTRIES + "/" + ENTRIES);
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
    }
  }

  @Test
  void shouldSayThatAnEntryFoundNoRoomAndLeaveNothingOfIt() throws Exception {
    Queue queue = Queue.open(small.resolve("queue"));
    Path filler = fill();
    String text = "INSERT INTO t VALUES ('" + "x".repeat(100_000) + "')";
    assertThatThrownBy(() -> queue.enqueue(Job.sql(text)))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("No space left");
    assertThat(WorkerRig.names(queue.spool().pending)).isEmpty();
    assertThat(WorkerRig.names(queue.spool().tmp)).isEmpty();
    Files.delete(filler);
    assertThat(IntStream.range(0, 3).mapToObj(i -> queue.enqueue(Job.sql(text)).id()).distinct())
        .hasSize(3);
  }

  @Test
  void shouldSayThatItsDirectoriesAreOnSeveralDevicesAndLeaveNothing() throws Exception {
    Path base = Files.createDirectory(directory.resolve("queue"));
    Files.createSymbolicLink(base.resolve("tmp"), small);
    Queue queue = Queue.open(base);
    assertThatThrownBy(() -> queue.enqueue(Job.sql("SELECT 1").uniqueKey("k")))
        .isInstanceOf(QueueException.class);
    assertThatThrownBy(() -> queue.enqueue(Job.sql("SELECT 1")))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("cross-device");
    for (Path each : java.util.List.of(small, queue.spool().pending, queue.spool().unique)) {
      assertThat(WorkerRig.names(each)).isEmpty();
    }
  }
}
