package gyre.queue;

import gyre.CancelledException;
import gyre.Fiber;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Threads for handlers in Java, one for each call. A handler that never returns keeps its thread,
 * and no other: those of the runtime, and of other kinds, are free. How many may hang is bounded.
 */
final class HandlerThreads {
  /** Calls that were given up and have not returned, for each that may run. */
  private static final int HANGING_FACTOR = 4;

  private final Map<String, AtomicInteger> living = new ConcurrentHashMap<>();

  /**
   * Parks the fiber. When it is cancelled, as by the timeout of the kind, the thread is interrupted
   * and no longer waited for.
   */
  @Nullable Object call(Kind kind, Callable<@Nullable Object> body) throws Exception {
    AtomicInteger count =
        living.computeIfAbsent(kind.operation(), operation -> new AtomicInteger());
    if (count.get() >= HANGING_FACTOR * kind.concurrency()) {
      throw new IllegalStateException(
          count.get()
              + " earlier calls of this handler have not returned, though each was interrupted"
              + " after its timeout: have it end when its thread is interrupted");
    }
    count.incrementAndGet();
    CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .name("gyre-queue-" + kind.operation())
            .daemon()
            .start(() -> {
              try {
                result.complete(body.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              } finally {
                count.decrementAndGet();
              }
            });
    try {
      return Fiber.await(result);
    } catch (CancelledException e) {
      thread.interrupt();
      throw e;
    }
  }
}
