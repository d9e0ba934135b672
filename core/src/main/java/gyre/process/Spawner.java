package gyre.process;

import gyre.engine.Errno;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The one thread of this process that starts children, since that blocks until the child's program
 * has begun. It never ends: a child that has asked to go with its parent goes when the thread ends
 * that has started it.
 */
final class Spawner {
  private static final int LIMIT = 4096;

  private static final ThreadPoolExecutor THREAD =
      new ThreadPoolExecutor(
          1,
          1,
          Long.MAX_VALUE,
          TimeUnit.NANOSECONDS,
          new ArrayBlockingQueue<>(LIMIT),
          job -> Thread.ofPlatform().daemon().name("gyre-spawner").unstarted(job));

  private Spawner() {}

  /** Completes with the number of the process, or a negative errno. */
  static CompletableFuture<Integer> spawn(Supplier<Integer> spawning) {
    try {
      return CompletableFuture.supplyAsync(spawning, THREAD);
    } catch (RejectedExecutionException full) {
      return CompletableFuture.completedFuture(Errno.EAGAIN.negated());
    }
  }
}
