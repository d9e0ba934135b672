package gyre.balancer;

import gyre.Fiber;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Waiting for whoever calls: a fiber is parked, any other thread is blocked. */
final class Anywhere {
  private Anywhere() {}

  static boolean isInFiber() {
    try {
      return Fiber.current().isAlive();
    } catch (IllegalStateException e) {
      return false;
    }
  }

  static <T extends @Nullable Object> T await(CompletableFuture<T> future) {
    if (isInFiber()) {
      return Fiber.await(future);
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
