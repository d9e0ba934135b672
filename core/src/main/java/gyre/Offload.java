package gyre;

import gyre.engine.Surroundings;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What fibers hand to the loop's workers, and how they wait for it. */
final class Offload {
  private final int threads;
  private final int queueLimit;
  private final Surroundings.Workers workers;
  private boolean closed;

  Offload(Surroundings surroundings, String name, int threads, int queueLimit) {
    this.threads = threads;
    this.queueLimit = queueLimit;
    this.workers = surroundings.workers(name, threads, queueLimit);
  }

  <R extends @Nullable Object> R call(Fiber<?> caller, Callable<R> work) throws Exception {
    caller.cancellation().check();
    CompletableFuture<R> outcome = new CompletableFuture<>();
    Surroundings.Job job = submit(work, outcome, caller);
    try {
      while (!outcome.isDone()) {
        caller.parkHere();
      }
    } finally {
      if (!outcome.isDone()) {
        job.cancel();
      }
    }
    return outcome(outcome);
  }

  private <R extends @Nullable Object> Surroundings.Job submit(
      Callable<R> work, CompletableFuture<R> outcome, Fiber<?> caller) {
    try {
      return workers.submit(() -> {
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

  /**
   * Ends the workers. Answers how many were still at work when the time was up. Has no effect the
   * second time.
   */
  int close(long timeoutNanos) {
    if (closed) {
      return 0;
    }
    closed = true;
    return workers.close(timeoutNanos);
  }
}
