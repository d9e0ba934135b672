package gyre.queue;

import gyre.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measures this machine: a first idea, and no race. Everything is in a directory that goes again.
 */
public final class Bench {
  private static final int LATENCIES = 500;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private Bench() {}

  /** Runs all measurements, each with one line to {@code print}. */
  public static void run(int entries, Consumer<String> print) throws IOException {
    Path directory = Files.createTempDirectory("gyre-queue-bench-");
    try {
      Queue queue = Queue.open(directory);
      WorkerOptions options = WorkerOptions.of(directory);
      queue.enqueue(Job.sql("CREATE TABLE bench (n INTEGER)"));
      work(options.once(true));
      long begin = System.nanoTime();
      for (int i = 0; i < entries; i++) {
        queue.enqueue(Job.sql("INSERT INTO bench VALUES (?)", i));
      }
      print.accept(rate("enqueued durably, one thread", entries, System.nanoTime() - begin));
      begin = System.nanoTime();
      work(options.once(true));
      print.accept(rate("executed, batched, FULL durability", entries, System.nanoTime() - begin));
      latency(queue, options, print);
    } finally {
      delete(directory);
    }
  }

  private static String rate(String what, int count, long nanos) {
    return String.format(
        Locale.ROOT, "%-36s %,12.0f entries/s", what, count * 1e9 / Math.max(1, nanos));
  }

  private static void work(WorkerOptions options) {
    try (Loop loop = Loop.open()) {
      loop.run(() -> Worker.open(options).run());
    }
  }

  /** From the call of enqueue, which syncs the file itself, to the file in completed/. */
  private static void latency(Queue queue, WorkerOptions options, Consumer<String> print) {
    Worker worker = Worker.open(options);
    CountDownLatch ended = new CountDownLatch(1);
    Thread.ofPlatform()
        .name("gyre-queue-bench")
        .start(() -> {
          try (Loop loop = Loop.open()) {
            loop.run(worker::run);
          } finally {
            ended.countDown();
          }
        });
    long[] nanos = new long[LATENCIES];
    for (int i = 0; i < LATENCIES; i++) {
      long begin = System.nanoTime();
      Enqueued entry = queue.enqueue(Job.sql("INSERT INTO bench VALUES (?)", i));
      while (entry.end().isEmpty() && System.nanoTime() - begin < LIMIT.toNanos()) {
        Thread.onSpinWait(); // a pause would be measured too
      }
      nanos[i] = System.nanoTime() - begin;
    }
    worker.stop();
    Arrays.sort(nanos, LATENCIES / 10, LATENCIES); // the first tenth warms up
    List<Double> percentiles = List.of(0.5, 0.99);
    for (double each : percentiles) {
      int index = LATENCIES / 10 + (int) ((LATENCIES - LATENCIES / 10 - 1) * each);
      print.accept(
          String.format(
              Locale.ROOT,
              "%-36s %,12.3f ms",
              "enqueue to completed, p" + (int) (each * 100),
              nanos[index] / 1e6));
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
