package gyre.queue;

import gyre.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measures a queue on this machine: a first idea, and one side of the race in {@code lab/queue}.
 * Each entry is one INSERT, with full durability.
 */
public final class Bench {
  private static final int LATENCIES = 500;
  private static final Duration PACE = Duration.ofMillis(2);

  /** Between two looks. Who looks without a pause has one processor of two for itself. */
  private static final Duration LOOK = Duration.ofNanos(20_000);

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int ENQUEUED_TOGETHER = 500;

  private final Backend queue;
  private final Path directory;
  private final Consumer<String> print;
  private final WorkerOptions options;

  private Bench(Backend queue, Path directory, int threads, Consumer<String> print) {
    this.queue = queue;
    this.directory = directory;
    this.print = print;
    this.options = WorkerOptions.of(directory).threads(threads);
  }

  /**
   * Of a spool, in a directory that goes again. Each figure is one line to {@code print}.
   *
   * @param warmUp how many entries are executed before, one by one and in batches: the JVM compiles
   *     what it executes often, and a worker that has run for a minute is what most have
   */
  public static void run(int entries, int warmUp, Consumer<String> print) throws IOException {
    Path directory = Files.createTempDirectory("gyre-queue-bench-");
    try (Backend queue = Backend.spool(directory)) {
      new Bench(queue, directory, 1, print).run(entries, warmUp);
    } finally {
      delete(directory);
    }
  }

  /**
   * Of a queue in PostgreSQL, which must be empty. It leaves the table {@code gyre_bench} and rows
   * in the ledger.
   */
  public static void run(String url, int threads, int entries, int warmUp, Consumer<String> print)
      throws IOException {
    Path directory = Files.createTempDirectory("gyre-queue-bench-");
    try (Backend queue = Backend.postgresql(url)) {
      Inspection.Counts counts = queue.operations().counts();
      if (counts.pending() + counts.delayed() + counts.processing() > 0) {
        throw new QueueException("measure " + url + ": entries wait there; use an empty database");
      }
      new Bench(queue, directory, threads, print).run(entries, warmUp);
    } finally {
      delete(directory);
    }
  }

  private void run(int entries, int warmUp) throws IOException {
    queue.enqueue(Job.sql("CREATE TABLE IF NOT EXISTS gyre_bench (n INTEGER)"));
    work(256);
    fill(warmUp / 2);
    work(1);
    fill(warmUp - warmUp / 2);
    work(256);
    long begin = System.nanoTime();
    int single = Math.max(1, entries / 5);
    for (int i = 0; i < single; i++) {
      queue.enqueue(job(i));
    }
    tell("enqueued durably, one by one", single, System.nanoTime() - begin);
    work(1);
    fill(single);
    tell("executed, one by one", single, work(1));
    fill(entries);
    tell("executed, batches of 256", entries, work(256));
    paced();
  }

  private static Job job(int number) {
    return Job.sql("INSERT INTO gyre_bench VALUES (?)", number);
  }

  private void fill(int entries) {
    for (int i = 0; i < entries; i += ENQUEUED_TOGETHER) {
      List<Job> jobs = new ArrayList<>();
      for (int j = i; j < Math.min(entries, i + ENQUEUED_TOGETHER); j++) {
        jobs.add(job(j));
      }
      queue.enqueueAll(jobs);
    }
  }

  private void tell(String what, int count, long nanos) {
    print.accept(
        String.format(
            Locale.ROOT, "%-36s %,12.0f entries/s", what, count * 1e9 / Math.max(1, nanos)));
  }

  private QueueWorker worker(WorkerOptions how, int batch) throws IOException {
    Files.writeString(directory.resolve("queue.toml"), "[queue]\nbatch = " + batch + "\n");
    return queue.worker(how);
  }

  /** Executes what waits; nanoseconds from the start of the worker to its end. */
  private long work(int batch) throws IOException {
    QueueWorker worker = worker(options.once(true), batch);
    try (Loop loop = Loop.open()) {
      long begin = System.nanoTime();
      loop.run(worker::run);
      return System.nanoTime() - begin;
    }
  }

  /**
   * From the moment at which it is enqueued, on the device, to the one at which its end is seen.
   */
  private void paced() throws IOException {
    QueueWorker worker = worker(options, 256);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("gyre-queue-bench")
        .start(() -> {
          try (Loop loop = Loop.open()) {
            loop.run(worker::run);
          } finally {
            ended.complete(null);
          }
        });
    long[] nanos = new long[LATENCIES];
    for (int i = 0; i < LATENCIES; i++) {
      Enqueued entry = queue.enqueue(job(i));
      long begin = System.nanoTime();
      while (entry.end().isEmpty() && System.nanoTime() - begin < LIMIT.toNanos()) {
        LockSupport.parkNanos(LOOK.toNanos());
      }
      nanos[i] = System.nanoTime() - begin;
      LockSupport.parkNanos(PACE.toNanos());
    }
    worker.stop();
    ended.join();
    Arrays.sort(nanos, LATENCIES / 5, LATENCIES); // the first fifth warms up
    for (double each : List.of(0.5, 0.99)) {
      int index = LATENCIES / 5 + (int) ((LATENCIES - LATENCIES / 5 - 1) * each);
      print.accept(
          String.format(
              Locale.ROOT,
              "%-36s %,12.3f ms",
              "enqueued to done, paced, p" + (int) (each * 100),
              nanos[index] / 1e6));
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
