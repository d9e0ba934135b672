package gyre.engine;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A loop's helper threads. Both the number of threads and the queue in front of them are bounded;
 * what does not fit is refused, not hidden. Threads start on demand and end after a minute without
 * work.
 */
final class HelperThreads implements Environment.Workers {
  private final String name;
  private final int threads;
  private final int queueLimit;
  private @Nullable ThreadPoolExecutor pool;

  HelperThreads(String name, int threads, int queueLimit) {
    this.name = name;
    this.threads = threads;
    this.queueLimit = queueLimit;
  }

  @Override
  public Environment.Job submit(Runnable job) {
    ThreadPoolExecutor executor = pool();
    FutureTask<Boolean> task = new FutureTask<>(job, true);
    executor.execute(task);
    return () -> {
      task.cancel(true);
      executor.remove(task); // or it would keep its place until a thread comes to it
    };
  }

  private ThreadPoolExecutor pool() {
    ThreadPoolExecutor known = pool;
    if (known == null) {
      AtomicInteger number = new AtomicInteger();
      known =
          new ThreadPoolExecutor(
              threads,
              threads,
              60,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(queueLimit),
              job ->
                  Thread.ofPlatform()
                      .daemon()
                      .name(name + "-" + number.incrementAndGet())
                      .unstarted(job));
      known.allowCoreThreadTimeOut(true);
      pool = known;
    }
    return known;
  }

  @Override
  public int close(long timeoutNanos) {
    ThreadPoolExecutor known = pool;
    if (known == null) {
      return 0;
    }
    known.shutdown();
    try {
      if (!known.awaitTermination(timeoutNanos, TimeUnit.NANOSECONDS)) {
        known.shutdownNow();
        return known.getActiveCount();
      }
    } catch (InterruptedException e) {
      known.shutdownNow();
      Thread.currentThread().interrupt();
      return known.getActiveCount();
    }
    return 0;
  }
}
