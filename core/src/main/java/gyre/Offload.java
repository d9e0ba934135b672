package gyre;

import gyre.engine.Environment;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import gyre.probe.Probe;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What fibers hand to the loop's workers, and how they wait for it.
 *
 * <p>A result has exactly one owner: the fiber that waits, or nobody any more. Which of the two is
 * decided by one exchange, {@link CompletableFuture#complete} against {@link
 * CompletableFuture#cancel}. A result without an owner is closed if it is {@link AutoCloseable}, by
 * the worker that has made it, since closing may block.
 */
final class Offload {
  private static final System.Logger LOGGER = System.getLogger("gyre");

  private final String kind;
  private final int threads;
  private final int queueLimit;
  private final Environment.Workers workers;
  private final @Nullable Probe probe;
  private boolean closed;

  /**
   * @param kind what is handed over, for names and messages
   * @param probe is told how much and how long it waits; null for nobody
   */
  Offload(
      Environment environment,
      String name,
      String kind,
      int threads,
      int queueLimit,
      @Nullable Probe probe) {
    this.probe = probe;
    this.kind = kind;
    this.threads = threads;
    this.queueLimit = queueLimit;
    this.workers = environment.workers(name + "-" + kind, threads, queueLimit);
  }

  <R extends @Nullable Object> R call(Fiber<?> caller, Callable<R> work) throws Exception {
    caller.cancellation().check();
    CompletableFuture<R> outcome = new CompletableFuture<>();
    Done done = new Done(caller.loop(), outcome, probe);
    Environment.Job job = submitCounted(caller.loop().carried().around(work), outcome, done);
    try {
      caller.awaitReady(done);
    } catch (Throwable cancelled) {
      // A result that is there already has nobody else: it is the caller's, and the next park tells
      // of the cancellation. A failure that is there says less than the cancellation does.
      if (outcome.cancel(false) || outcome.isCompletedExceptionally()) {
        if (done.giveUp()) {
          count(Counter.OFFLOAD_ENDED); // no worker will
        }
        job.cancel();
        throw cancelled;
      }
    }
    return outcome(outcome);
  }

  private <R extends @Nullable Object> Environment.Job submitCounted(
      Callable<? extends R> work, CompletableFuture<R> outcome, Done done) {
    try {
      Environment.Job job = submit(work, outcome, done);
      count(Counter.OFFLOADED);
      return job;
    } catch (RejectedExecutionException e) {
      count(Counter.OFFLOAD_REFUSED);
      throw e;
    }
  }

  private <R extends @Nullable Object> Environment.Job submit(
      Callable<? extends R> work, CompletableFuture<R> outcome, Done done) {
    return submit(() -> {
      if (!done.begins()) {
        return;
      }
      try {
        R result = work.call();
        if (!outcome.complete(result)) {
          closeUnowned(result);
        }
      } catch (Throwable e) {
        outcome.completeExceptionally(e);
      }
      done.tell();
    });
  }

  private void count(Counter counter) {
    if (probe != null) {
      probe.add(counter, 1);
    }
  }

  /** By any thread. */
  private void countOnLoop(Loop loop, Counter counter) {
    if (probe == null) {
      return;
    }
    if (Thread.currentThread() == loop.thread()) {
      count(counter);
    } else {
      loop.postInternal(() -> count(counter));
    }
  }

  /** Tells failures to the listener of {@code loop}. */
  Executor executor(Loop loop) {
    return task -> {
      try {
        Environment.Job ignored = submit(() -> run(loop, task));
        countOnLoop(loop, Counter.OFFLOADED);
      } catch (RejectedExecutionException e) {
        countOnLoop(loop, Counter.OFFLOAD_REFUSED);
        throw e;
      }
    };
  }

  /** By a worker. */
  private void run(Loop loop, Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      loop.postInternal(() -> loop.report(kind, e));
    }
    countOnLoop(loop, Counter.OFFLOAD_ENDED);
  }

  private Environment.Job submit(Runnable job) {
    try {
      return workers.submit(job);
    } catch (RejectedExecutionException e) {
      throw new RejectedExecutionException(
          kind
              + " refused: "
              + threads
              + " threads are busy and "
              + queueLimit
              + " jobs wait; raise LoopOptions."
              + kind
              + "Threads or "
              + kind
              + "QueueLimit, or do less at a time",
          e);
    }
  }

  private enum Progress {
    QUEUED,
    BEGUN,
    GIVEN_UP
  }

  /** The work has ended, in whatever way. */
  private static final class Done extends WaitPoint {
    private final Loop loop;
    private final CompletableFuture<?> outcome;
    private final @Nullable Probe probe;

    /** By the loop's last reading of the clock. */
    private final long submittedNanos;

    /** Handed over by the inbox. */
    private long beginNanos;

    /** Exactly one of both decides: the worker that begins it, or who gives it up before. */
    private final AtomicReference<Progress> progress = new AtomicReference<>(Progress.QUEUED);

    Done(Loop loop, CompletableFuture<?> outcome, @Nullable Probe probe) {
      this.loop = loop;
      this.outcome = outcome;
      this.probe = probe;
      this.submittedNanos = probe == null ? 0 : probe.lastNanos();
    }

    /** By the worker. Whether it is to be done. */
    boolean begins() {
      if (!progress.compareAndSet(Progress.QUEUED, Progress.BEGUN)) {
        return false;
      }
      if (probe != null) {
        beginNanos = System.nanoTime();
      }
      return true;
    }

    /** By the loop: whether no worker will ever begin it. */
    boolean giveUp() {
      return progress.compareAndSet(Progress.QUEUED, Progress.GIVEN_UP);
    }

    /** By the worker. */
    void tell() {
      loop.postInternal(this::told);
    }

    private void told() {
      if (probe != null) {
        probe.add(Counter.OFFLOAD_ENDED, 1);
        probe.record(Distribution.OFFLOAD_WAIT, beginNanos - submittedNanos);
      }
      wakeAll();
    }

    @Override
    public boolean isReady() {
      return outcome.isDone();
    }

    @Override
    public String doing() {
      return "waiting for work that it has offloaded";
    }
  }

  private static void closeUnowned(@Nullable Object result) {
    if (result instanceof AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception e) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            "cannot close " + resource + ", which was offloaded and then given up",
            e);
      }
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
