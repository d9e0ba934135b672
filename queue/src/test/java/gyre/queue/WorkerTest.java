package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("fiber-modes-0")
@Timeout(180)
class WorkerTest {
  @TempDir Path directory;

  private WorkerRig rig() {
    WorkerRig rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER)");
    return rig;
  }

  @Test
  void shouldExecuteWhatWasThereBeforeIt() {
    try (WorkerRig rig = rig()) {
      rig.drop("5_1", "{\"sql\": \"INSERT INTO t VALUES (1)\"}");
      rig.start();
      rig.awaitCompleted("5_1");
      assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
    }
  }

  @Test
  void shouldExecuteWhatComesWhileItWaits() {
    try (WorkerRig rig = rig().start()) {
      WorkerRig.await("it watches", () -> rig.worker().stats().isWatching);
      for (int i = 0; i < 50; i++) {
        Enqueued job = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (?)", i));
        assertThat(job.await(WorkerRig.HANG_LIMIT)).map(JobEnd::isDone).contains(true);
      }
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("50");
    }
  }

  @Test
  void shouldWatchTheDirectoriesOfPriorities() {
    try (WorkerRig rig = rig().start()) {
      WorkerRig.await("it watches", () -> rig.worker().stats().isWatching);
      rig.drop(
          rig.spool.pending.resolve("3"),
          "job",
          "{\"sql\": \"INSERT INTO t VALUES (3)\"}"
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      rig.awaitCompleted("job");
      assertThat(rig.query("SELECT n FROM t")).containsExactly("3");
    }
  }

  @Test
  void shouldExecuteInOrderOfPriorityAndSequence() {
    try (WorkerRig rig = rig()) {
      rig.query("CREATE TABLE l (place INTEGER PRIMARY KEY, name TEXT)");
      List<String> names = List.of("10_1", "2_7", "02_3", "1_9", "01_10.json", "5_2", "unnumbered");
      for (String each : names) {
        rig.drop(each, "{\"sql\": \"INSERT INTO l (name) VALUES ('" + each + "')\"}");
      }
      rig.once();
      assertThat(rig.query("SELECT name FROM l ORDER BY place"))
          .containsExactly("1_9", "01_10.json", "02_3", "2_7", "unnumbered", "5_2", "10_1");
    }
  }

  @Test
  void shouldReadTheLongFormAsTheShellWorkerWroteIt() {
    try (WorkerRig rig = rig()) {
      rig.drop(
          "3_17",
          "{\n  \"seq\": 17,\n  \"priority\": 3,\n  \"operation\": \"sql\",\n  \"payload\": \"INSERT INTO t"
              + " VALUES (1), (2)\",\n  \"metadata\": {\"a\": \"b, c\"},\n  \"created_at\":"
              + " \"2025-01-01T00:00:00Z\",\n  \"retries\": 0\n}\n");
      rig.once();
      assertThat(WorkerRig.names(rig.spool.completed)).containsExactly("3_17");
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("2");
    }
  }

  @Test
  void shouldExecuteTwoFilesOfOneNameBoth() {
    try (WorkerRig rig = rig()) {
      for (int i = 0; i < 3; i++) {
        rig.drop("5_1", "{\"sql\": \"INSERT INTO t VALUES (1)\"}");
        rig.once();
      }
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("3");
    }
  }

  @Test
  void shouldExecuteAnIdOnceHoweverOftenItComes() {
    try (WorkerRig rig = rig()) {
      for (int i = 0; i < 3; i++) {
        rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
      }
      rig.once();
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
      rig.once();
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("1");
    }
  }

  @Test
  void shouldGiveTheResultToWhoeverAwaitsIt() {
    try (WorkerRig rig = rig().start()) {
      Enqueued job =
          rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (?) RETURNING n", 42).keepResult());
      JobEnd end = job.await(WorkerRig.HANG_LIMIT).orElseThrow();
      assertThat(end).isEqualTo(new JobEnd(true, "", Map.of("rows", List.of(Map.of("n", 42)))));
    }
  }

  @Test
  void shouldTryAgainWithLessPriorityAndThenGiveUp() {
    try (WorkerRig rig = rig()) {
      Files.writeString(
          directory.resolve("queue.toml"),
          "[queue]\nretries = 2\nbackoff_seconds = 0\nbackoff_max_seconds = 0.01\n");
      rig.drop("05_1.json", "{\"sql\": \"INSERT INTO missing VALUES (1)\"}");
      rig.start();
      rig.awaitFailed("07_1.json");
      assertThat(rig.reason("07_1.json")).contains("no such table: missing", "\"attempts\":3");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void shouldExecuteAtItsTimeAndNotBefore() {
    try (WorkerRig rig = rig()) {
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (2)").in(Duration.ofHours(1)));
      rig.once();
      assertThat(rig.query("SELECT n FROM t")).isEmpty();
      Enqueued soon =
          rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").in(Duration.ofMillis(300)));
      rig.start();
      assertThat(soon.await(WorkerRig.HANG_LIMIT)).isPresent();
      assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
      assertThat(WorkerRig.names(rig.spool.delayed)).hasSize(1);
    }
  }

  @Test
  void shouldRefuseASecondOneWithTheSameUniqueKeyWhileTheFirstWaits() {
    try (WorkerRig rig = rig()) {
      Job job = Job.sql("INSERT INTO t VALUES (1)").uniqueKey("daily/report");
      rig.queue.enqueue(job);
      assertThatThrownBy(() -> rig.queue.enqueue(job)).isInstanceOf(DuplicateJobException.class);
      assertThat(WorkerRig.names(rig.spool.tmp)).isEmpty();
      rig.once();
      rig.queue.enqueue(job);
      rig.once();
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("2");
    }
  }

  @Test
  void shouldForgetAUniqueKeyWhoseEntryIsGone() throws Exception {
    try (WorkerRig rig = rig()) {
      Job job = Job.sql("INSERT INTO t VALUES (1)").uniqueKey("k");
      Files.delete(rig.spool.pending.resolve(rig.queue.enqueue(job).name()));
      rig.queue.enqueue(job);
      rig.once();
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("1");
    }
  }

  @Test
  void shouldEnqueueTheCallbackOnceWhenTheLastOfABatchHasEnded() {
    try (WorkerRig rig = rig()) {
      rig.queue.openBatch("b", 3, Job.sql("INSERT INTO t VALUES (100)"));
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b"));
      rig.queue.enqueue(Job.sql("PRAGMA user_version = 1").batch("b"));
      rig.once();
      assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1");
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (2)").batch("b"));
      rig.once();
      rig.once();
      assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2", "100");
    }
  }

  @Test
  void shouldRefuseASecondWorkerNamingTheFirst() {
    try (WorkerRig rig = rig().start()) {
      WorkerRig.await("its heartbeat", () -> Files.exists(rig.spool.heartbeat(0)));
      assertThatThrownBy(() -> rig.once())
          .hasStackTraceContaining("a worker with the process id " + ProcessHandle.current().pid());
    }
  }

  @Test
  void shouldDrainWhatWaitsWhenItIsAskedToEnd() {
    try (WorkerRig rig = rig()) {
      for (int i = 0; i < 100; i++) {
        rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (?)", i));
      }
      rig.start();
      rig.worker().drain();
      rig.awaitEnd();
      int done = WorkerRig.names(rig.spool.completed).size();
      int waiting = WorkerRig.names(rig.spool.pending).size();
      assertThat(done + waiting).isEqualTo(100);
      assertThat(rig.query("SELECT count(*) FROM t")).containsExactly(String.valueOf(done));
      assertThat(WorkerRig.names(rig.spool.processing)).isEmpty();
    }
  }

  @Test
  void shouldTellHowItIsInTheTwelveFieldsThatToolsRead() throws Exception {
    try (WorkerRig rig = rig().start()) {
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)")).await(WorkerRig.HANG_LIMIT);
      WorkerRig.await(
          "the heartbeat tells of it",
          () -> {
            try {
              return Files.exists(rig.spool.heartbeat(0))
                  && Files.readString(rig.spool.heartbeat(0)).contains("\"entries_processed\":1");
            } catch (java.io.IOException e) {
              return false;
            }
          });
      Map<String, ?> beat = Json.readObject(Files.readAllBytes(rig.spool.heartbeat(0)));
      assertThat(new ArrayList<>(beat.keySet()).subList(0, 12))
          .containsExactly(
              "timestamp",
              "pid",
              "mode",
              "iteration",
              "events_processed",
              "last_event_time",
              "idle_seconds",
              "queue_size",
              "processing_count",
              "watcher_pid",
              "watcher_alive",
              "watcher_restarts");
    }
  }

  @Test
  void shouldBeWokenByALineInItsFifo() throws Exception {
    WorkerOptions polling = WorkerOptions.of(directory).readTimeout(Duration.ofHours(1));
    try (WorkerRig rig = new WorkerRig(polling)) {
      rig.query("CREATE TABLE t (n INTEGER)");
      rig.start();
      Path fifo = rig.spool.fifo(ProcessHandle.current().pid());
      WorkerRig.await("the FIFO", () -> Files.exists(fifo));
      WorkerRig.await("it watches", () -> rig.worker().stats().isWatching);
      long before = rig.worker().stats().wakeUps.get();
      WorkerRig.await(
          "it is woken",
          () -> {
            Inspection.of(directory).wakeWorkers(); // the FIFO may be there and not be read yet
            return rig.worker().stats().wakeUps.get() > before;
          });
    }
  }

  @Test
  void shouldPauseAndResume() {
    try (WorkerRig rig = rig()) {
      Inspection.of(directory).pause("");
      rig.start();
      Enqueued job = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)"));
      WorkerRig.await("it waits", () -> rig.worker().stats().waiting == 1);
      WorkerRig.await("it is paused", () -> rig.worker().stats().isPaused);
      assertThat(job.end()).isEmpty();
      Inspection.of(directory).resume("");
      assertThat(job.await(WorkerRig.HANG_LIMIT)).isPresent();
    }
  }

  @Test
  void shouldRetryADeadLetterByHand() {
    try (WorkerRig rig = rig()) {
      rig.drop("5_1", "{\"operation\": \"nobody-knows\"}");
      rig.once();
      assertThat(rig.reason("5_1")).contains("no handler for the operation");
      assertThat(Inspection.of(directory).find("1"))
          .map(Inspection.Item::place)
          .contains(Inspection.Place.FAILED);
      rig.startWith(
          new QueueHandler() {
            @Override
            public String operation() {
              return "nobody-knows";
            }

            @Override
            public Object handle(QueueTask task) {
              return "known now";
            }
          });
      assertThat(Inspection.of(directory).retry("1")).isTrue();
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
      rig.awaitCompleted("5_1");
    }
  }

  @Test
  void shouldKeepItsLockUntilItsThreadHasEnded() throws Exception {
    try (WorkerRig rig = rig()) {
      Path lock = rig.spool.lockFile(0);
      java.util.concurrent.CountDownLatch reached = new java.util.concurrent.CountDownLatch(1);
      java.util.concurrent.CountDownLatch goOn = new java.util.concurrent.CountDownLatch(1);
      java.util.concurrent.atomic.AtomicBoolean wasHeld =
          new java.util.concurrent.atomic.AtomicBoolean();
      Probe probe =
          point -> {
            if (point == Probe.Point.BEFORE_COMMIT) {
              reached.countDown();
              try {
                goOn.await();
                // The cancellation has long ended run(), if it does not wait for this thread.
                java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              wasHeld.set(InstanceLock.isHeld(lock));
            }
          };
      rig.drop("5_1", "{\"sql\": \"INSERT INTO t VALUES (1)\"}");
      try (gyre.Loop loop = gyre.Loop.open(WorkerRig.loopOptions())) {
        loop.run(() -> {
          try (gyre.Scope scope = gyre.Scope.openIsolated("test")) {
            Worker worker = Worker.open(rig.options, true, probe);
            scope.start("worker", worker::run);
            gyre.Fiber.offload(() -> {
              reached.await();
              return true;
            });
            scope.cancel("the test wants it");
            goOn.countDown();
          }
        });
      }
      assertThat(wasHeld).isTrue();
    }
  }

  @Test
  void shouldFreeAUniqueKeyOnlyForTheEntryThatHasIt() {
    try (WorkerRig rig = rig()) {
      Job later = Job.sql("SELECT 1").uniqueKey("k").at(java.time.Instant.now().plusSeconds(3600));
      rig.queue.enqueue(later);
      rig.drop("5_1", "{\"sql\": \"SELECT 1\", \"unique_key\": \"k\"}");
      rig.once();
      assertThat(WorkerRig.names(rig.spool.completed)).containsExactly("5_1");
      assertThatThrownBy(() -> rig.queue.enqueue(later)).isInstanceOf(DuplicateJobException.class);
    }
  }

  @Test
  void shouldEndABatchOfOneNameEachTime() {
    try (WorkerRig rig = rig()) {
      for (int i = 1; i <= 2; i++) {
        rig.queue.openBatch("b", 2, Job.sql("INSERT INTO t VALUES (1)"));
        rig.queue.enqueue(Job.sql("SELECT 1").batch("b"));
        rig.queue.enqueue(Job.of("nobody-knows", "").batch("b"));
        rig.once();
        rig.once(); // the last entry came after the first had looked
        assertThat(rig.query("SELECT count(*) FROM t")).containsExactly(String.valueOf(i));
        assertThat(WorkerRig.names(rig.spool.batches)).isEmpty();
      }
      assertThat(rig.query("SELECT count(*) FROM gyre_queue_batches")).containsExactly("0");
    }
  }

  @Test
  void shouldKeepTheTimeOfACallbackThatIsForLater() {
    try (WorkerRig rig = rig()) {
      java.time.Instant due = java.time.Instant.ofEpochMilli(4_000_000_000_000L);
      rig.queue.openBatch("b", 1, Job.sql("INSERT INTO t VALUES (100)").at(due));
      rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b"));
      rig.once();
      assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
      assertThat(WorkerRig.names(rig.spool.delayed)).hasSize(1);
      assertThat(WorkerRig.names(rig.spool.delayed).getFirst()).startsWith("4000000000000~");
    }
  }

  @Test
  void shouldBeWokenByALineInTheFifoOfAPriorityWhoseDirectoryCameLater() throws Exception {
    WorkerOptions seldom = WorkerOptions.of(directory).readTimeout(Duration.ofHours(1));
    try (WorkerRig rig = new WorkerRig(seldom).start()) {
      WorkerRig.await("it watches", () -> rig.worker().stats().isWatching);
      Path priority = Files.createDirectory(rig.spool.pending.resolve("3"));
      Path fifo = priority.resolve(rig.spool.fifo(ProcessHandle.current().pid()).getFileName());
      WorkerRig.await("its FIFO", () -> Files.exists(fifo));
      long before = rig.worker().stats().wakeUps.get();
      try (java.nio.channels.FileChannel out =
          java.nio.channels.FileChannel.open(
              fifo,
              java.nio.file.StandardOpenOption.READ,
              java.nio.file.StandardOpenOption.WRITE)) {
        WorkerRig.await(
            "it is woken",
            () -> {
              try {
                out.write(java.nio.ByteBuffer.wrap(new byte[] {'x', '\n'}));
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
              return rig.worker().stats().wakeUps.get() > before;
            });
      }
    }
  }

  @Test
  void shouldHaveTablesForSessionsThatEntriesMayChange() {
    try (WorkerRig rig = new WorkerRig(directory)) {
      rig.drop(
          "5_1",
          "{\"sql\": \"INSERT INTO session_checkpoints (session_id, checkpoint_name,"
              + " checkpoint_data) VALUES (?, ?, ?); INSERT INTO session_logs (session_id, message)"
              + " VALUES ('s', 'begun')\", \"params\": [\"s\", \"first\", \"{}\"]}");
      rig.drop("5_2", "{\"sql\": \"UPDATE session_checkpoints SET checkpoint_data = 'done'\"}");
      rig.once();
      assertThat(rig.query("SELECT session_id || checkpoint_data FROM session_checkpoints"))
          .containsExactly("sdone");
      assertThat(rig.query("SELECT log_level || ' ' || message FROM session_logs"))
          .containsExactly("info begun");
      assertThat(rig.query("SELECT count(*) FROM session_logs WHERE timestamp IS NULL"))
          .containsExactly("0");
    }
  }

  @Test
  void shouldKeepTheTablesForSessionsThatSomebodyHas() {
    try (WorkerRig rig = new WorkerRig(directory)) {
      rig.query("CREATE TABLE session_logs (line TEXT)");
      rig.drop("5_1", "{\"sql\": \"INSERT INTO session_logs VALUES ('mine')\"}");
      rig.once();
      assertThat(rig.query("SELECT line FROM session_logs")).containsExactly("mine");
      rig.query("DROP TABLE session_logs");
      rig.once();
      assertThat(rig.query("SELECT count(*) FROM sqlite_schema WHERE name = 'session_logs'"))
          .containsExactly("0");
    }
  }
}
