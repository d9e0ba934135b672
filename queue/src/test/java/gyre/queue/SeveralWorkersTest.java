package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class SeveralWorkersTest {
  private static final int ENTRIES = 600;

  @TempDir Path directory;

  private WorkerOptions options() {
    return WorkerOptions.of(directory).join(true).readTimeout(Duration.ofMillis(200));
  }

  @Test
  void shouldExecuteEachEntryOnceBetweenThem() throws Exception {
    WorkerRig first = new WorkerRig(options());
    first.query("CREATE TABLE t (n INTEGER)");
    for (int i = 0; i < ENTRIES; i++) {
      Files.writeString(
          first.spool.pending.resolve("5_" + i), "{\"sql\": \"INSERT INTO t VALUES (" + i + ")\"}");
    }
    Inspection queue = Inspection.of(directory);
    queue.pause(""); // so that none of them is late for all of it
    List<WorkerRig> rigs = new ArrayList<>();
    rigs.add(first);
    rigs.add(new WorkerRig(options()));
    rigs.add(new WorkerRig(options()));
    try {
      rigs.forEach(each -> each.start(QueueConfig.DEFAULT.batch(8)));
      WorkerRig.await("all have begun", () -> queue.workers().size() == 3);
      queue.resume("");
      WorkerRig.await(
          "all are done",
          () ->
              rigs.stream().mapToLong(each -> each.worker().stats().processed.get()).sum()
                  == ENTRIES);
      assertThat(first.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
          .containsExactly(ENTRIES + "/" + ENTRIES);
      assertThat(queue.workers()).hasSize(3);
    } finally {
      rigs.forEach(WorkerRig::close);
    }
  }

  @Test
  void shouldTakeOverWhatADeadOneHad() throws Exception {
    try (WorkerRig rig = new WorkerRig(options())) {
      rig.query("CREATE TABLE t (n INTEGER)");
      rig.start();
      Path lock = rig.spool.lockFile(9);
      Path left = rig.spool.processing.resolve("5_1@w9");
      try (InstanceLock held = InstanceLock.tryTake(lock).orElseThrow()) {
        assertThat(held).isNotNull();
        Files.writeString(left, "{\"sql\": \"INSERT INTO t VALUES (1)\"}");
        rig.queue.enqueue(Job.sql("SELECT 1")).await(WorkerRig.HANG_LIMIT);
        assertThat(left).exists(); // it lives
      }
      rig.awaitCompleted("5_1");
      assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
    }
  }
}
