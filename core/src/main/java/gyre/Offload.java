package gyre;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The loop's helper threads for work that blocks or computes. Both the number of threads and the
 * queue in front of them are bounded; what does not fit is refused, not hidden. Threads start on
 * demand and end after a minute without work.
 */
final class Offload {
  private final int threads;
  private final int queueLimit;
  private final String name;
  private @Nullable ThreadPoolExecutor pool;

  Offload(String name, int threads, int queueLimit) {
    this.name = name;
    this.threads = threads;
    this.queueLimit = queueLimit;
  }

  <R extends @Nullable Object> R call(Fiber<?> caller, Callable<R> work) throws Exception {
    caller.cancellation().check();
    CompletableFuture<R> outcome = new CompletableFuture<>();
    Future<?> job = submit(work, outcome, caller);
    try {
      while (!outcome.isDone()) {
        caller.parkHere();
      }
    } finally {
      if (!outcome.isDone()) {
        job.cancel(true);
      }
    }
    return outcome(outcome);
  }

  private <R extends @Nullable Object> Future<?> submit(
      Callable<R> work, CompletableFuture<R> outcome, Fiber<?> caller) {
    try {
      return pool()
          .submit(() -> {
            try {
              outcome.complete(work.call());
            } catch (Throwable e) {
              outcome.completeExceptionally(e);
            }
            caller.unpark();
          });
    } catch (RejectedExecutionException e) {
      throw new RejectedExecutionException(
          "offload refused: "
              + threads
              + " threads are busy and "
              + queueLimit
              + " jobs wait; raise LoopOptions.offload or offload less at a time",
          e);
    }
  }

  private static <R extends @Nullable Object> R outcome(CompletableFuture<R> outcome)
      throws Exception {
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Exception failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw e;
      }
    }
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
                      .name(name + "-offload-" + number.incrementAndGet())
                      .unstarted(job));
      known.allowCoreThreadTimeOut(true);
      pool = known;
    }
    return known;
  }

  /** Ends the pool. Answers how many threads were still at work when the time was up. */
  int close(long timeoutNanos) {
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
