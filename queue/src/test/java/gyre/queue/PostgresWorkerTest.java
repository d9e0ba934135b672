package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Workers on PostgreSQL beside each other, and what befalls them: kills, restarts, cut cables. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresWorkerTest {
  private static final Duration SHORT_LEASE = Duration.ofMillis(1500);

  @TempDir Path directory;
  private final List<Running> started = new ArrayList<>();

  /** A worker on a loop and a thread of its own. */
  private record Running(PostgresWorker worker, CompletableFuture<Void> end) {}

  @AfterEach
  void stopAll() throws Exception {
    for (Running each : started) {
      each.worker.stop();
    }
    for (Running each : started) {
      each.end.handle((done, failure) -> 0).get(60, TimeUnit.SECONDS);
    }
  }

  private Running start(String url, Duration lease, QueueHandler... handlers) {
    WorkerOptions options =
        WorkerOptions.of(directory)
            .threads(2)
            .readTimeout(Duration.ofMillis(500))
            .output(new PrintWriter(new StringWriter()));
    for (QueueHandler each : handlers) {
      options = options.handler(each);
    }
    PostgresWorker worker = new PostgresWorker(PgDatabase.of(url, Map.of()), options, lease);
    CompletableFuture<Void> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("test-worker")
        .start(() -> {
          try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
            loop.run(worker::run);
            end.complete(null);
          } catch (Throwable e) {
            end.completeExceptionally(e);
          }
        });
    Running running = new Running(worker, end);
    started.add(running);
    return running;
  }

  private static QueueHandler handler(
      String operation, java.util.concurrent.Callable<Object> body) {
    return new QueueHandler() {
      @Override
      public String operation() {
        return operation;
      }

      @Override
      public Object handle(QueueTask task) throws Exception {
        return body.call();
      }
    };
  }

  private static void enqueueNumbers(String url, int from, int count) {
    try (Backend queue = Backend.postgresql(url)) {
      List<Job> jobs = new ArrayList<>();
      for (int i = from; i < from + count; i++) {
        jobs.add(Job.sql("INSERT INTO t VALUES (?)", i));
      }
      queue.enqueueAll(jobs);
    }
  }

  private static void awaitRows(PostgresServer server, String url, int count) {
    WorkerRig.await(
        count + " are done",
        () -> server.query(url, "SELECT count(*) FROM t").getFirst().equals("" + count));
    assertThat(server.query(url, "SELECT count(DISTINCT n) FROM t")).containsExactly("" + count);
    assertThat(server.query(url, "SELECT count(*) FROM gyre_queue.entries")).containsExactly("0");
  }

  @Test
  void shouldWorkBesideOthersAndDoEachEntryOnce() {
    PostgresServer server = PostgresServer.shared();
    String url = server.database();
    server.query(url, "CREATE TABLE t (n INTEGER)");
    start(url, PgTiming.LEASE);
    start(url, PgTiming.LEASE);
    for (int i = 0; i < 10; i++) {
      enqueueNumbers(url, i * 100, 100); // while they work
    }
    awaitRows(server, url, 1000);
    try (Backend queue = Backend.postgresql(url)) {
      WorkerRig.await("both live", () -> queue.operations().workers().size() == 2);
      assertThat(queue.operations().findings()).isEmpty();
      queue.enqueue(Job.of("nobody", "x"));
      assertThat(queue.operations().findings())
          .anyMatch(each -> each.contains("no worker handles"));
      assertThat(queue.operations().drain()).hasSize(2);
      WorkerRig.await("both end", () -> started.stream().allMatch(each -> each.end.isDone()));
      assertThat(queue.operations().workers()).isEmpty();
    }
  }

  @Test
  void shouldTakeOverWhatAKilledWorkerHad() throws Exception {
    PostgresServer server = PostgresServer.shared();
    String url = server.database();
    server.query(url, "CREATE TABLE t (n INTEGER)");
    AtomicInteger handled = new AtomicInteger();
    Process process = worker(url);
    try (Backend queue = Backend.postgresql(url)) {
      queue.enqueue(Job.of("h", "x").id("of a handler"));
      queue.enqueue(Job.sql("INSERT INTO t VALUES (1); SELECT pg_sleep(600)").id("of SQL"));
      WorkerRig.await(
          "both are executed",
          () ->
              queue.operations().counts().processing() == 1
                  && server
                      .query(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                      .contains("1"));
      process.destroyForcibly().waitFor();
      server.query(
          url,
          "CREATE OR REPLACE FUNCTION public.pg_sleep(integer) RETURNS void LANGUAGE sql AS ''");
      server.query(
          url,
          "ALTER ROLE gyre IN DATABASE " + name(url) + " SET search_path = public, pg_catalog");
      server.query(
          url,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      start(url, SHORT_LEASE, handler("h", handled::incrementAndGet));
      WorkerRig.await("both are done", () -> queue.operations().counts().completed() == 2);
    }
    assertThat(handled).hasValue(1);
    assertThat(server.query(url, "SELECT n FROM t")).containsExactly("1");
  }

  private static String name(String url) {
    return url.substring(url.lastIndexOf('/') + 1);
  }

  /** In a process of its own, with a handler that never ends. */
  private Process worker(String url) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dgyre.insight=false",
            "-Xmx128m",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Endless.class.getName(),
            url,
            directory.toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("process.txt").toFile())
        .start();
  }

  static final class Endless {
    private Endless() {}

    public static void main(String[] arguments) {
      WorkerOptions options =
          WorkerOptions.of(Path.of(arguments[1]))
              .handler(
                  handler(
                      "h",
                      () -> {
                        new CountDownLatch(1).await();
                        return "";
                      }));
      PostgresWorker worker =
          new PostgresWorker(PgDatabase.of(arguments[0], Map.of()), options, SHORT_LEASE);
      try (Loop loop = Loop.open()) {
        loop.run(worker::run);
      }
    }
  }

  @Test
  void shouldGoOnWhenTheServerIsBackAfterACrash() {
    PostgresServer server = PostgresServer.own();
    try {
      String url = server.database();
      server.query(url, "CREATE TABLE t (n INTEGER)");
      enqueueNumbers(url, 0, 200);
      Running running = start(url, SHORT_LEASE);
      awaitRows(server, url, 200);
      enqueueNumbers(url, 200, 2000);
      server.stop(); // whatever it is doing
      WorkerRig.await("the worker knows", () -> !running.worker.stats().trouble.isEmpty());
      server.start();
      enqueueNumbers(url, 2200, 10);
      awaitRows(server, url, 2210);
      assertThat(running.end).isNotDone();
    } finally {
      stopQuietly();
      server.remove();
    }
  }

  private void stopQuietly() {
    started.forEach(each -> each.worker.stop());
    WorkerRig.await("all end", () -> started.stream().allMatch(each -> each.end.isDone()));
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("worker.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldTakeOverFromAWorkerBehindACutCableAndIgnoreWhatItSaysLater() throws Exception {
    PostgresServer server = PostgresServer.shared();
    try (Relay relay = new Relay(server.port())) {
      String url = server.database();
      String cut = url.replace(":" + server.port() + "/", ":" + relay.port() + "/");
      Semaphore first = new Semaphore(0);
      AtomicInteger begun = new AtomicInteger();
      Running behind =
          start(
              cut,
              SHORT_LEASE,
              handler(
                  "h",
                  () -> {
                    begun.incrementAndGet();
                    first.acquire();
                    return "too late";
                  }));
      try (Backend queue = Backend.postgresql(url)) {
        Enqueued entry = queue.enqueue(Job.of("h", "x").keepResult());
        WorkerRig.await("it is executed", () -> begun.get() == 1);
        relay.cut();
        start(url, SHORT_LEASE, handler("h", () -> "in time"));
        assertThat(entry.await(Duration.ofSeconds(60)).orElseThrow().result()).isEqualTo("in time");
        first.release();
        relay.mend();
        WorkerRig.await(
            "it is connected again",
            () ->
                behind.worker.stats().trouble.isEmpty()
                    && queue.operations().workers().size() == 2);
        WorkerRig.await("it has settled", () -> behind.worker.stats().processing == 0);
        assertThat(entry.end().orElseThrow().result()).isEqualTo("in time");
        assertThat(behind.worker.stats().processed.get()).isZero();
        WorkerRig.await("it has told of it", () -> log().contains("taken over by another"));
      }
    }
  }

  @Test
  void shouldRollBackAndReleaseWhatAStoppedWorkerHadOfSql() throws Exception {
    PostgresServer server = PostgresServer.shared();
    String url = server.database();
    server.query(url, "CREATE TABLE t (n INTEGER)");
    enqueueNumbers(url, 0, 1);
    PgDatabase database = PgDatabase.of(url, Map.of());
    // As a worker that gets SIGSTOP between its statements: the transaction stands still.
    try (var stopped = database.open("stopped", Duration.ofSeconds(10), SHORT_LEASE)) {
      stopped.setAutoCommit(false);
      assertThat(new PgClaims(stopped).take("sql", 1, 10)).hasSize(1);
      start(url, SHORT_LEASE);
      awaitRows(server, url, 1);
      org.assertj.core.api.Assertions.assertThatThrownBy(stopped::commit)
          .isInstanceOf(java.sql.SQLException.class);
    }
  }
}
