package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Steps of files between directories, where several make the same step. */
@Timeout(180)
class SpoolTest {
  private static final int RACES = 200;
  private static final int RACERS = 3;

  @TempDir Path directory;
  private Spool spool;

  @BeforeEach
  void make() throws IOException {
    spool = new Spool(directory);
    spool.create();
  }

  @Test
  void shouldMoveAFileOnceHoweverManyMoveIt() throws Exception {
    CyclicBarrier begin = new CyclicBarrier(RACERS);
    try (ExecutorService racers = Executors.newFixedThreadPool(RACERS)) {
      for (int i = 0; i < RACES; i++) {
        Path from = Files.writeString(spool.delayed.resolve("0~5_" + i), "x");
        String name = "5_" + i;
        List<Future<Boolean>> ends = new ArrayList<>();
        for (int k = 0; k < RACERS; k++) {
          ends.add(racers.submit(() -> move(from, name, begin)));
        }
        int moved = 0;
        for (Future<Boolean> each : ends) {
          moved += each.get(60, TimeUnit.SECONDS) ? 1 : 0;
        }
        assertThat(moved).isEqualTo(1);
        assertThat(WorkerRig.names(spool.pending)).hasSize(i + 1);
        assertThat(WorkerRig.names(spool.delayed)).isEmpty();
      }
    }
  }

  private boolean move(Path from, String name, CyclicBarrier begin) throws Exception {
    begin.await(60, TimeUnit.SECONDS);
    try {
      Spool.moveBeside(from, spool.pending, name);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Test
  void shouldLeaveAFileToWhoeverIsMovingIt() throws Exception {
    Path from = Files.writeString(spool.delayed.resolve("0~5_1"), "x");
    Files.createLink(spool.pending.resolve("5_1"), from); // the first half of the other's move
    assertThatThrownBy(() -> Spool.moveBeside(from, spool.pending, "5_1"))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(WorkerRig.names(spool.pending)).containsExactly("5_1");
  }

  @Test
  void shouldGiveBackAFileThatACrashHasLeftWithBothNames() throws Exception {
    EntryName name = EntryName.of(spool.pending.resolve("5_1"));
    Path claimed = Files.writeString(spool.processing.resolve("5_1@w0"), "x");
    Files.createLink(name.path(), claimed);
    new Claims(spool, 0).putBack(claimed, name);
    assertThat(WorkerRig.names(spool.pending)).containsExactly("5_1");
    assertThat(WorkerRig.names(spool.processing)).isEmpty();
  }

  @Test
  void shouldLetOneInWhereManyMeetAStaleKey() throws Exception {
    Queue queue = Queue.open(directory);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 50; round++) {
        String key = "k" + round;
        Files.createFile(queue.spool().unique.resolve(Queue.hash(key))); // its entry has ended
        CyclicBarrier start = new CyclicBarrier(4);
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          all.add(
              threads.submit(() -> {
                start.await();
                try {
                  queue.enqueue(Job.sql("SELECT 1").uniqueKey(key));
                  return 1;
                } catch (DuplicateJobException e) {
                  return 0;
                }
              }));
        }
        int enqueued = 0;
        for (Future<Integer> each : all) {
          enqueued += each.get(60, TimeUnit.SECONDS);
        }
        assertThat(enqueued).as(key).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void shouldRetryNoneOfWhichAnotherHasTheUniqueKey() throws Exception {
    Queue queue = Queue.open(directory);
    Inspection inspection = Inspection.of(directory);
    Path failed = queue.spool().failed.resolve("5_1");
    Files.writeString(failed, "{\"sql\": \"SELECT 1\", \"unique_key\": \"k\", \"id\": \"old\"}");
    Job job = Job.sql("SELECT 1").uniqueKey("k");
    Enqueued other = queue.enqueue(job);
    assertThatThrownBy(() -> inspection.retry("old"))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("unique key");
    assertThat(failed).exists();
    assertThat(inspection.discard(other.id())).isTrue();
    assertThat(inspection.retry("old")).isTrue();
    assertThatThrownBy(() -> queue.enqueue(job)).isInstanceOf(DuplicateJobException.class);
    assertThat(WorkerRig.names(queue.spool().pending)).containsExactly("5_1");
  }
}
