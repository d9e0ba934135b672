package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kills a worker at each of the worst places, with and without batches, and counts: nothing may be
 * lost, and nothing done twice. The control has no ledger, and must show entries done twice, else
 * this test could not see them.
 */
@Timeout(600)
class CrashTest {
  private static final int ENTRIES = Integer.getInteger("gyre.queue.crash.entries", 2000);

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
    "CLAIMED, 1", "CLAIMED, 32",
    "LEDGER_WRITTEN, 1", "LEDGER_WRITTEN, 32",
    "BEFORE_COMMIT, 1", "BEFORE_COMMIT, 32",
    "AFTER_COMMIT, 1", "AFTER_COMMIT, 32",
    "COMPLETED, 1", "COMPLETED, 32",
  })
  void shouldLoseAndDoubleNothing(Probe.Point point, int batch) throws Exception {
    WorkerRig rig = filled();
    boolean perBatch = point == Probe.Point.BEFORE_COMMIT || point == Probe.Point.AFTER_COMMIT;
    int visits = perBatch ? ENTRIES / batch : ENTRIES;
    assertThat(run(point, visits / 3, batch, true)).isEqualTo(CrashWorker.KILLED);
    assertThat(run(null, 0, batch, true)).isZero();
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
    assertThat(run(Probe.Point.AFTER_COMMIT, 5, 32, false)).isEqualTo(CrashWorker.KILLED);
    assertThat(run(null, 0, 32, false)).isZero();
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

  private int run(Probe.@Nullable Point point, int count, int batch, boolean usesLedger)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Xmx256m",
            "-ea",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path")));
    if (point != null) {
      command.add("-Dgyre.queue.crash=" + point + ":" + Math.max(1, count));
    }
    command.add(CrashWorker.class.getName());
    command.addAll(
        List.of(directory.toString(), String.valueOf(batch), String.valueOf(usesLedger)));
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    int code = process.exitValue();
    if (code != 0 && code != CrashWorker.KILLED) {
      throw new AssertionError(code + ": " + Files.readString(output));
    }
    return code;
  }
}
