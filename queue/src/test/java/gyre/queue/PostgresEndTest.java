package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What ends a worker on PostgreSQL, what does not, and what it leaves behind. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresEndTest {
  private static final String URL = PostgresServer.shared().database();
  private static final Duration SHORT_LEASE = Duration.ofMillis(1500);

  @TempDir Path directory;
  private final List<PostgresWorker> started = new ArrayList<>();
  private final List<CompletableFuture<Void>> ends = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private PgRig rig;

  @BeforeEach
  void open() {
    rig = new PgRig(URL, directory);
    rig.clear();
  }

  @AfterEach
  void close() throws Exception {
    started.forEach(PostgresWorker::stop);
    for (CompletableFuture<Void> each : ends) {
      each.handle((done, failure) -> 0).get(60, TimeUnit.SECONDS);
    }
    rig.query("ALTER TABLE gyre_queue.batch_ends DROP CONSTRAINT IF EXISTS bad");
    rig.close();
  }

  private WorkerOptions options() {
    return WorkerOptions.of(directory)
        .threads(2)
        .readTimeout(Duration.ofMillis(500))
        .output(new PrintWriter(new StringWriter()));
  }

  private PostgresWorker start(WorkerOptions options) {
    PostgresWorker worker = new PostgresWorker(rig.backend.database(), options, SHORT_LEASE);
    started.add(worker);
    ends.add(
        PgRig.aside(() -> {
          try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
            loop.run(worker::run);
          }
          return 0;
        }));
    return worker;
  }

  private void awaitEnd() throws Exception {
    ends.getLast().get(60, TimeUnit.SECONDS);
  }

  /** Executes what waits, and ends without a failure. */
  private void once() throws Exception {
    start(options().once(true));
    awaitEnd();
  }

  private void configure(String toml) throws IOException {
    Files.writeString(directory.resolve("queue.toml"), toml);
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("worker.log"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void await(String condition) {
    WorkerRig.await(condition, () -> rig.is(condition));
  }

  // ---- the end

  @Test
  void shouldBreakOffSqlWhenItIsStopped() throws Exception {
    PostgresWorker worker = start(options());
    rig.sql("long", "SELECT pg_sleep(300)");
    await("EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep')");
    WorkerRig.await(
        "its sign of life tells of it",
        () ->
            rig.backend.operations().workers().stream()
                .anyMatch(
                    each -> Integer.valueOf(1).equals(each.heartbeat().get("processing_count"))));
    worker.drain();
    worker.stop();
    awaitEnd();
    assertThat(rig.query("SELECT state || attempts FROM gyre_queue.entries"))
        .containsExactly("pending0");
    assertThat(rig.query("SELECT worker FROM gyre_queue.workers")).isEmpty();
  }

  @Test
  void shouldKeepAnEntryUntilItsHandlerHasEnded() throws Exception {
    Path begun = directory.resolve("begun");
    Path ended = directory.resolve("ended");
    configure(
        """
        [handlers.h]
        kind = "command"
        command = ["sh", "-c", "trap 'sleep 0.5; touch %s; exit 1' TERM; cat >&2; touch %s; sleep 60 & wait"]
        """
            .formatted(ended, begun));
    PostgresWorker worker = start(options());
    rig.backend.enqueue(Job.of("h", "x"));
    // It has read what it was given, so the worker knows of it: who is cancelled before is killed.
    WorkerRig.await("it has begun", () -> Files.exists(begun));
    worker.stop();
    await("EXISTS (SELECT 1 FROM gyre_queue.entries WHERE state = 'pending')");
    assertThat(ended).exists();
    awaitEnd();
    assertThat(rig.query("SELECT attempts FROM gyre_queue.entries")).containsExactly("0");
    assertThat(rig.query("SELECT worker FROM gyre_queue.workers")).isEmpty();
  }

  @Test
  void shouldNotEndBecauseSomebodyNotifies() throws Exception {
    PostgresWorker worker = start(options());
    WorkerRig.await("it lives", () -> !rig.backend.operations().workers().isEmpty());
    rig.query("NOTIFY gyre_queue, 'drain'");
    WorkerRig.await("it has heard", () -> worker.stats().wakeUps.get() > 0);
    rig.sql("a", "INSERT INTO t VALUES (1)");
    await(PgRig.done("a"));
    rig.sql("b", "INSERT INTO t VALUES (2)");
    await(PgRig.done("b"));
    assertThat(ends.getLast()).isNotDone();
    assertThat(rig.backend.operations().drain()).hasSize(1);
    awaitEnd();
  }

  // ---- what must not end it

  @Test
  void shouldGoOnBehindAnEntryThatEndsItsConnection() throws Exception {
    configure("[queue]\nretries = 0\nbackoff_seconds = 0\nbackoff_max_seconds = 0\n");
    rig.sql("poison", "SELECT pg_terminate_backend(pg_backend_pid())");
    rig.backend.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("good").priority(9));
    for (int i = 0; i < 10 && !rig.is(PgRig.failed("poison")); i++) {
      once();
    }
    assertThat(rig.error("poison")).contains("connection was lost");
    assertThat(rig.is(PgRig.done("good"))).isTrue();
  }

  @Test
  void shouldEndABatchOfWhichTheCallbackIsRefused() throws Exception {
    rig.backend.openBatch("b", 1, Job.of("nobody", "x").uniqueKey("report"));
    rig.backend.enqueue(Job.of("nobody", "x").uniqueKey("report"));
    rig.backend.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b"));
    once();
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
    assertThat(rig.query("SELECT batch FROM gyre_queue.batches")).isEmpty();
    assertThat(Files.readString(directory.resolve("worker.log")))
        .contains("batch b ends without its callback")
        .contains("report");
  }

  @Test
  void shouldGiveUpWhatItCannotWriteDownAndSettleTheOthers() throws Exception {
    configure("[handlers.h]\nkind = \"command\"\ncommand = [\"true\"]\n");
    rig.query("ALTER TABLE gyre_queue.batch_ends ADD CONSTRAINT bad CHECK (batch <> 'bad')");
    rig.backend.enqueue(Job.of("h", "x").id("bad").batch("bad"));
    rig.backend.enqueue(Job.of("h", "x").id("good"));
    once();
    assertThat(rig.is(PgRig.done("good") + " AND " + PgRig.failed("bad"))).isTrue();
    assertThat(rig.error("bad")).contains("can't be written down");
    assertThat(rig.query("SELECT result FROM gyre_queue.ledger")).containsExactly((String) null);
  }

  @Test
  void shouldEnqueueACallbackForItsTime() throws Exception {
    rig.backend.openBatch("b", 1, Job.sql("INSERT INTO t VALUES (2)").in(Duration.ofHours(1)));
    rig.backend.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b"));
    once();
    assertThat(rig.query("SELECT state FROM gyre_queue.entries")).containsExactly("delayed");
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
  }

  @Test
  void shouldSayThatAnEntryWaitsSinceItWasDue() throws Exception {
    rig.backend.enqueue(Job.of("nobody", "x").in(Duration.ofHours(1)));
    rig.query(
        "UPDATE gyre_queue.entries SET due_at = now() - interval '1 minute',"
            + " changed_at = now() - interval '1 day'");
    once();
    assertThat(
            rig.query(
                "SELECT state FROM gyre_queue.entries WHERE changed_at BETWEEN"
                    + " now() - interval '1 hour' AND now() - interval '1 minute'"))
        .containsExactly("pending");
  }

  @Test
  void shouldOutliveAnAnswerBeyondItsMemory() throws Exception {
    configure("[queue]\nretries = 0\nbackoff_seconds = 0\nbackoff_max_seconds = 0\n");
    Job big = Job.sql("SELECT repeat('x', 20000000) AS x");
    rig.backend.enqueue(big.id("big").priority(1).keepResult());
    rig.sql("good", "INSERT INTO t VALUES (1)");
    Process process = small();
    try {
      await("EXISTS (SELECT 1 FROM gyre_queue.workers)");
      await(PgRig.failed("big"));
      await(PgRig.done("good"));
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  // ---- handlers

  /** Does not listen to interrupts until the test lets it go. */
  public static final class Hangs implements QueueHandler {
    static final AtomicInteger CALLS = new AtomicInteger();
    static volatile CountDownLatch end = new CountDownLatch(1);

    @Override
    public String operation() {
      return "hangs";
    }

    @Override
    public Object handle(QueueTask task) {
      CALLS.incrementAndGet();
      while (end.getCount() > 0) {
        try {
          end.await();
        } catch (InterruptedException e) {
          // as bad ones do
        }
      }
      return "";
    }
  }

  @Test
  void shouldHaveOthersWaitForAHandlerThatHangsAndFailNone() throws Exception {
    Hangs.end = new CountDownLatch(1);
    String handler =
        "[handlers.hangs]\nkind = \"java\"\nclass = \""
            + Hangs.class.getName()
            + "\"\nconcurrency = 2\nretries = 0\ntimeout_seconds = ";
    configure(handler + "2\n");
    try {
      PostgresWorker worker = start(options());
      for (int i = 1; i <= 12; i++) { // more than may hang, whatever is counted
        rig.backend.enqueue(Job.of("hangs", i).id("h" + i));
      }
      await(PgRig.failed("h1") + " AND " + PgRig.failed("h2"));
      rig.sql("sql", "INSERT INTO t VALUES (1)");
      await(PgRig.done("sql"));
      WorkerRig.await(
          "it says so", () -> log().contains("2 calls of the handler hangs have not returned"));
      assertThat(Hangs.CALLS).hasValue(2);
      assertThat(rig.is("(SELECT count(*) = 10 FROM gyre_queue.entries WHERE state = 'pending')"))
          .isTrue();
      configure(handler + "60\n"); // the others don't hang: none of them is given up
      worker.reload();
      Hangs.end.countDown();
      await("(SELECT count(*) = 11 FROM gyre_queue.ledger)");
      assertThat(rig.is("(SELECT count(*) = 2 FROM gyre_queue.entries)")).isTrue();
    } finally {
      Hangs.end.countDown();
    }
  }

  @Test
  void shouldBeginWhatItsOwnCommitHasTakenWithoutAnAnswer() throws Exception {
    configure("[handlers.h]\nkind = \"command\"\ncommand = [\"true\"]\n");
    start(options());
    await("EXISTS (SELECT 1 FROM gyre_queue.workers)");
    rig.query(
        "INSERT INTO gyre_queue.entries (id, operation, state, content, attempts, worker)"
            + " SELECT 'lost', 'h', 'running', '{\"operation\": \"h\"}', 1, worker"
            + " FROM gyre_queue.workers");
    await(PgRig.done("lost"));
  }

  @Test
  void shouldTellHowLongEntriesTookSinceTheyCouldBeDone() throws Exception {
    configure("[handlers.h]\nkind = \"command\"\ncommand = [\"true\"]\n");
    rig.sql("sql", "INSERT INTO t VALUES (1)");
    rig.backend.enqueue(Job.of("h", "x"));
    rig.sql("sql", "INSERT INTO t VALUES (1)"); // done before, which says nothing
    rig.query("UPDATE gyre_queue.entries SET changed_at = now() - interval '1000 seconds'");
    PostgresWorker worker = start(options().once(true));
    awaitEnd();
    List<Long> counts = worker.stats().latency.counts();
    assertThat(counts.stream().mapToLong(each -> each).sum()).isEqualTo(2);
    assertThat(counts.get(LatencyStats.BUCKETS - 2)).isEqualTo(2); // 900 to 3600 s
    assertThat(worker.stats().latency.sumSeconds()).isGreaterThan(2000);
  }

  // ---- clocks

  @Test
  void shouldDeleteNothingBecauseTheClockIsAheadAtTheStart() throws Exception {
    rig.query(
        "INSERT INTO gyre_queue.ledger (id, done_at, operation, priority, content)"
            + " VALUES ('old', now() - interval '8 days', 'sql', 5, '')");
    rig.query("INSERT INTO gyre_queue.upkeep (cleaned_at) VALUES (now() - interval '9 days')");
    once();
    assertThat(rig.is(PgRig.done("old"))).isTrue();
    rig.query("UPDATE gyre_queue.upkeep SET cleaned_at = now() - interval '1 day'");
    once();
    assertThat(rig.is(PgRig.done("old"))).isFalse();
  }

  private Process small() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dgyre.insight=false",
            "-Xmx64m",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Small.class.getName(),
            URL,
            directory.toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("process.txt").toFile())
        .start();
  }

  static final class Small {
    private Small() {}

    public static void main(String[] arguments) {
      WorkerOptions options =
          WorkerOptions.of(Path.of(arguments[1])).readTimeout(Duration.ofMillis(200));
      try (Loop loop = Loop.open();
          Backend queue = Backend.postgresql(arguments[0])) {
        loop.run(() -> queue.worker(options).run());
      }
    }
  }
}
