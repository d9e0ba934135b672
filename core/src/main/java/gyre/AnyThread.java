package gyre;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Waiting by whoever calls: a fiber, of whatever loop, is parked; any other thread is blocked. */
final class AnyThread {
  private AnyThread() {}

  /** The result of {@code future}, or throws what it failed with. */
  static <T extends @Nullable Object> T await(CompletableFuture<T> future) {
    if (Loop.isInFiber()) {
      return Fiber.await(future);
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      throw Failures.rethrow(Failures.causeOf(e));
    }
  }

  /** Waits as {@link #await} does, also in a fiber that is cancelled. */
  static void awaitUncancelled(CompletableFuture<?> future) {
    if (!Loop.isInFiber()) {
      future.join();
      return;
    }
    Fiber<?> caller = Fiber.current();
    Cancellation token = caller.cancellation();
    caller.enter(caller.currentScope(), caller.loop().neverCancelled());
    try {
      Fiber.await(Completion.of(future));
    } finally {
      caller.enter(caller.currentScope(), token);
    }
  }
}
