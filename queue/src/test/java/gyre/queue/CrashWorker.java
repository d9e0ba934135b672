package gyre.queue;

import gyre.Loop;
import java.nio.file.Path;

/**
 * The program of {@link CrashTest}: a worker that ends as by SIGKILL when it comes by a place for
 * the N-th time. {@code -Dgyre.queue.crash=POINT:N}; nothing of this is in the product.
 */
final class CrashWorker {
  static final int KILLED = 137;

  private CrashWorker() {}

  public static void main(String[] arguments) {
    Path directory = Path.of(arguments[0]);
    int batch = Integer.parseInt(arguments[1]);
    boolean usesLedger = Boolean.parseBoolean(arguments[2]);
    work(directory, batch, usesLedger, probe());
  }

  /** Executes what waits. */
  static void work(Path directory, int batch, boolean usesLedger, Probe probe) {
    WorkerOptions options = WorkerOptions.of(directory).once(true);
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        Worker worker = Worker.open(options, usesLedger, probe);
        worker.config(QueueConfig.DEFAULT.batch(batch));
        worker.run();
      });
    }
  }

  private static Probe probe() {
    String crash = System.getProperty("gyre.queue.crash", "");
    if (crash.isEmpty()) {
      return Probe.NONE;
    }
    String[] parts = crash.split(":", -1);
    Probe.Point where = Probe.Point.valueOf(parts[0]);
    long[] left = {Long.parseLong(parts[1])};
    return point -> {
      if (point == where && --left[0] == 0) {
        Runtime.getRuntime().halt(KILLED); // no hook, no finally, no flush
      }
    };
  }
}
