package gyre.net;

import gyre.Fiber;
import gyre.Handle;
import gyre.Loop;
import gyre.Scope;
import gyre.engine.Engine;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a handle may do with loops and scopes, for those who are none. */
abstract class Access extends Handle {
  private Access() {}

  static boolean isScopeDraining(Scope scope) {
    return isDraining(scope);
  }

  static void drainAll(Scope scope) {
    drain(scope);
  }

  static void each(Scope scope, Consumer<Handle> action) {
    eachHandle(scope, action);
  }

  static Engine engine(Loop loop) {
    return engineOf(loop.root());
  }

  static Engine engine(Scope scope) {
    return engineOf(scope);
  }

  static void parkFiber(Fiber<?> caller) {
    park(caller);
  }

  static void resumeFiber(@Nullable Fiber<?> fiber) {
    resume(fiber);
  }

  static boolean isCallbackFiber(Fiber<?> caller) {
    return isCallback(caller);
  }

  /** The handle whose callback the fiber runs, if it does. */
  static @Nullable Handle served(Fiber<?> caller) {
    return inCallbackOf(caller);
  }

  static CompletionStage<?> closed(Loop loop) {
    return whenClosed(loop);
  }

  static boolean isClosed(Loop loop) {
    return isLoopClosed(loop);
  }

  /** Parks a fiber, blocks any other thread. */
  static <T> T await(CompletableFuture<T> future) {
    return awaitAnywhere(future);
  }

  /** As {@link #await}, whether the caller is cancelled or not. */
  static void awaitUncancelled(CompletableFuture<?> future) {
    awaitAnywhereUncancelled(future);
  }

  static void checkCanAwait(Loop loop) {
    checkCanAwaitLoop(loop);
  }

  /** Whether the calling fiber lives in the scope, or below it. */
  static boolean isInside(Scope scope) {
    return isCallerInside(scope);
  }

  /** Runs what looks up a name on threads that are there for that alone; the fiber parks. */
  static <R> R lookUp(Callable<R> work) throws Exception {
    return offloadLookUp(work);
  }
}
