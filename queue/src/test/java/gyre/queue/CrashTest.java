package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kills a worker at each of the worst places, with and without batches, and counts: nothing may be
 * lost, and nothing done twice. The control has no ledger, and must show entries done twice, else
 * this test could not see them. {@code -Dgyre.queue.crash.entries=80000} for many more entries.
 */
@Timeout(600)
class CrashTest {
  private static final int ENTRIES = Integer.getInteger("gyre.queue.crash.entries", 320);

  /** In memory where that is to be had: a kill takes nothing from the page cache either. */
  private Path directory;

  @BeforeEach
  void make() throws IOException {
    Path memory = Path.of("/dev/shm");
    directory =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "gyre-crash-")
            : Files.createTempDirectory("gyre-crash-");
  }

  @AfterEach
  void delete() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CLAIMED, 32",
    "LEDGER_WRITTEN, 32",
    "BEFORE_COMMIT, 32",
    "AFTER_COMMIT, 32",
    "COMPLETED, 32",
    "AFTER_COMMIT, 1", // without batches: each entry is a transaction of its own
  })
  void shouldLoseAndDoubleNothing(Probe.Point point, int batch) throws Exception {
    WorkerRig rig = filled();
    boolean perBatch = point == Probe.Point.BEFORE_COMMIT || point == Probe.Point.AFTER_COMMIT;
    int visits = perBatch ? ENTRIES / batch : ENTRIES;
    kill(point, visits / 3, batch, true);
    CrashWorker.work(directory, batch, true, Probe.NONE);
    assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
        .containsExactly(ENTRIES + "/" + ENTRIES);
    assertThat(WorkerRig.names(rig.spool.completed)).hasSize(ENTRIES);
    for (Path each : List.of(rig.spool.pending, rig.spool.processing, rig.spool.failed)) {
      assertThat(WorkerRig.names(each)).isEmpty();
    }
  }

  @Test
  void shouldSeeDoublesWhereThereIsNoLedger() throws Exception {
    WorkerRig rig = filled();
    kill(Probe.Point.AFTER_COMMIT, 5, 32, false);
    CrashWorker.work(directory, 32, false, Probe.NONE);
    assertThat(rig.query("SELECT count(*) - count(DISTINCT n) FROM t")).containsExactly("32");
  }

  /** Written without the wait for the device that enqueue has: this is not about power. */
  private WorkerRig filled() throws IOException {
    WorkerRig rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER NOT NULL)");
    for (int i = 0; i < ENTRIES; i++) {
      Files.writeString(
          rig.spool.pending.resolve("5_" + i + ".json"),
          "{\"sql\": \"INSERT INTO t VALUES (" + i + ")\"}");
    }
    return rig;
  }

  /** Has a worker in a process of its own end by a kill; the one that replays needs no process. */
  private void kill(Probe.Point point, int count, int batch, boolean usesLedger) throws Exception {
    Path output = directory.resolve("output.txt");
    try (TestJvm jvm =
        TestJvm.start(
            List.of(),
            List.of("-Dgyre.queue.crash=" + point + ":" + Math.max(1, count)),
            output,
            CrashWorker.class,
            directory.toString(),
            String.valueOf(batch),
            String.valueOf(usesLedger))) {
      assertThat(jvm.awaitEnd()).as(Files.readString(output)).isEqualTo(CrashWorker.KILLED);
    }
  }
}
