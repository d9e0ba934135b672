package gyre.queue;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Scope;
import gyre.insight.web.WebOptions;
import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A queue to look at: entries of all kinds, some of which fail, a worker, and the dashboard. */
public final class Demo {
  private static final String CONFIG =
      """
      [queue]
      retries = 2
      backoff_seconds = 2

      [recurring.report]
      cron = "* * * * *"
      sql = "INSERT INTO reports DEFAULT VALUES"
      """;

  private static final String TABLES =
      "CREATE TABLE visits (name TEXT, page INTEGER); CREATE TABLE reports (id INTEGER PRIMARY KEY)";

  /** One in so many brings a crowd of its own, so that the curves have hills. */
  private static final int BURST_SECONDS = 20;

  private static final int BURST_ENTRIES = 120;

  private Demo() {}

  /**
   * Runs until INT or TERM, in a folder that is deleted at the end.
   *
   * @param entriesPerSecond that are enqueued
   */
  public static void run(WebOptions web, int entriesPerSecond, Consumer<String> print)
      throws IOException {
    Path directory = Files.createTempDirectory("gyre-queue-demo-");
    try {
      Files.writeString(directory.resolve("queue.toml"), CONFIG);
      Queue queue = Queue.open(directory);
      Worker worker = Worker.open(workerOptions(directory));
      try (Dashboard dashboard = Dashboard.open(DashboardOptions.of(directory).web(web));
          Loop loop = Loop.open(LoopOptions.defaults().name("queue"))) {
        loop.run(() -> {
          try (SignalStream signals = SignalStream.open(OsSignal.TERM, OsSignal.INT);
              Scope scope = Scope.openIsolated("demo")) {
            scope.start("demo-signals", () -> endAt(signals, worker));
            // Not before: whoever has read it may send the signal.
            print.accept("queue     " + directory);
            print.accept("dashboard " + dashboard.link());
            print.accept("Ctrl-C ends it and deletes the folder");
            work(queue, worker, entriesPerSecond);
            scope.cancel("the worker has ended");
          }
        });
      }
    } finally {
      delete(directory);
    }
  }

  private static void endAt(SignalStream signals, Worker worker) {
    SignalEvent ignored = signals.next();
    worker.drain();
    ignored = signals.next(); // whoever sends a second one can't wait
    worker.stop();
  }

  private static WorkerOptions workerOptions(Path directory) {
    return WorkerOptions.of(directory)
        .handler(new Busy("mail", 5, 40, 0.02))
        .handler(new Busy("thumbnail", 50, 400, 0.1))
        .handler(new Busy("webhook", 20, 200, 0.5));
  }

  private static void work(Queue queue, Worker worker, int entriesPerSecond) {
    CountDownLatch end = new CountDownLatch(1);
    Thread generator =
        Thread.ofPlatform()
            .name("gyre-queue-demo")
            .daemon()
            .start(() -> generate(queue, entriesPerSecond, end));
    try {
      worker.run();
    } finally {
      end.countDown();
      join(generator);
    }
  }

  private static void join(Thread generator) {
    try {
      boolean ignored = Fiber.offload(() -> generator.join(Duration.ofSeconds(5)));
    } catch (Exception e) {
      // it is a daemon, and has no folder any more
    }
  }

  // ---- entries

  private static void generate(Queue queue, int entriesPerSecond, CountDownLatch end) {
    Random random = new Random();
    queue.enqueue(Job.sql(TABLES).priority(1));
    long pauseMicros = 1_000_000 / entriesPerSecond;
    try {
      for (long i = 1; !end.await(pauseMicros, TimeUnit.MICROSECONDS); i++) {
        queue.enqueue(job(random, i));
        if (i % ((long) entriesPerSecond * BURST_SECONDS) == 0) {
          for (int j = 0; j < BURST_ENTRIES; j++) {
            queue.enqueue(Job.of("thumbnail", "photo-" + j + ".jpg").priority(8));
          }
        }
      }
    } catch (InterruptedException | QueueException e) {
      // the folder goes, and with it the reason to go on
    }
  }

  private static Job job(Random random, long number) {
    int kind = random.nextInt(100);
    if (kind < 55) {
      return Job.sql("INSERT INTO visits VALUES (?, ?)", "user-" + number, random.nextInt(100))
          .priority(1 + random.nextInt(9));
    }
    if (kind < 80) {
      return Job.of("mail", java.util.Map.of("to", "user-" + number + "@example.org")).priority(3);
    }
    if (kind < 90) {
      return Job.of("thumbnail", "photo-" + number + ".jpg").priority(6);
    }
    if (kind < 96) {
      return Job.of("webhook", java.util.Map.of("order", number)).in(Duration.ofSeconds(3));
    }
    return kind < 98
        ? Job.sql("INSERT INTO nowhere VALUES (1)").priority(4)
        : Job.of("unknown", "nobody does this").priority(5);
  }

  /** Takes its time, and fails now and then. */
  private static final class Busy implements QueueHandler {
    private final String operation;
    private final int leastMillis;
    private final int mostMillis;
    private final double failures;
    private final Random random = new Random();

    Busy(String operation, int leastMillis, int mostMillis, double failures) {
      this.operation = operation;
      this.leastMillis = leastMillis;
      this.mostMillis = mostMillis;
      this.failures = failures;
    }

    @Override
    public String operation() {
      return operation;
    }

    @Override
    public @Nullable Object handle(QueueTask task) throws Exception {
      Thread.sleep(leastMillis + random.nextInt(mostMillis - leastMillis));
      if (random.nextDouble() < failures) {
        throw new IOException(operation + ": the other side answered 503");
      }
      return null;
    }
  }

  /** What is made meanwhile is left: the worker has ended, so there is nothing that would be. */
  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
