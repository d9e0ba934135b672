package gyre;

import gyre.engine.Engine;
import gyre.loop.TimerNode;
import gyre.probe.Probe;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one door from this package to {@code gyre.spi}: what handles may do with loops, scopes and
 * fibers, and users may not. Everything in it is said in full by {@code gyre.spi.Internals}, which
 * is its only subclass.
 *
 * <p>No part of the API.
 */
@SuppressWarnings("exports") // only for gyre.spi
public abstract class InternalAccess {
  protected InternalAccess() {}

  // ---- loops

  protected static Engine engine(Loop loop) {
    return loop.engine();
  }

  protected static boolean isOnLoop(Loop loop) {
    return loop.onLoop();
  }

  protected static void handToLoop(Loop loop, Runnable step) {
    loop.postInternal(step);
  }

  protected static boolean isClosed(Loop loop) {
    return loop.isClosed();
  }

  protected static CompletionStage<?> whenClosed(Loop loop) {
    return loop.closed();
  }

  protected static <T> T onePerLoop(Loop loop, Class<T> type, Function<Loop, T> maker) {
    return loop.part(type, maker);
  }

  protected static Scope internalScope(Loop loop) {
    return loop.internal();
  }

  protected static void eachHandle(Loop loop, Consumer<Handle> action) {
    loop.eachHandle(action::accept);
  }

  protected static void startTimer(Loop loop, TimerNode timer, long nanos) {
    loop.startTimer(timer, nanos);
  }

  protected static void cancelTimer(Loop loop, TimerNode timer) {
    loop.cancelTimer(timer);
  }

  protected static void countPeerFailure(Loop loop) {
    loop.peerFailed();
  }

  /** What the signals that end a program do, for who turns the loops himself. */
  protected interface Stops extends AutoCloseable {
    ExitStatus status();

    @Override
    void close();
  }

  protected static Stops stops(Loop loop, ShutdownOptions how) {
    StopSignals signals = new StopSignals(loop.environment(), List.of(loop), how);
    return new Stops() {
      @Override
      public ExitStatus status() {
        ShutdownReport report = loop.shutdownReport();
        return signals.status(report == null ? List.of() : List.of(report));
      }

      @Override
      public void close() {
        signals.close();
      }
    };
  }

  // ---- for those who look from outside

  protected static @Nullable Probe probe(Loop loop) {
    return loop.probe();
  }

  protected static Thread thread(Loop loop) {
    return loop.thread();
  }

  protected static @Nullable Fiber<?> running(Loop loop) {
    return loop.running();
  }

  protected static Thread thread(Fiber<?> fiber) {
    return fiber.carriedThread();
  }

  protected static Scope currentScope(Fiber<?> fiber) {
    return fiber.currentScope();
  }

  protected static boolean isPosted(Fiber<?> fiber) {
    return fiber.inPost;
  }

  protected static List<LoopTree.Node> tree(Loop loop, int limit, int stacks) {
    return LoopTree.of(loop, limit, stacks);
  }

  // ---- scopes

  protected static Loop loop(Scope scope) {
    return scope.loop();
  }

  protected static void checkCanOpen(Scope scope) {
    scope.loop().checkOnLoop();
    scope.checkOpen();
  }

  protected static boolean isDraining(Scope scope) {
    return scope.isDraining();
  }

  protected static boolean hasWork(Loop loop) {
    return loop.hasWork();
  }

  protected static void watchEngine(Loop loop) {
    loop.watchEngine();
  }

  protected static void drain(Scope scope) {
    scope.drain();
  }

  protected static void eachHandle(Scope scope, Consumer<Handle> action) {
    HandleBase handle = scope.firstHandle();
    while (handle != null) {
      HandleBase next = handle.scopeNext;
      action.accept(handle);
      handle = next;
    }
  }

  // ---- fibers

  protected static boolean isInFiber() {
    return Loop.isInFiber();
  }

  protected static Fiber<?> caller(Loop loop) {
    return loop.fiber();
  }

  protected static void checkCancelled(Fiber<?> caller) {
    caller.cancellation().check();
  }

  protected static int nextRotation(Fiber<?> caller) {
    return caller.nextRotation();
  }

  protected static void park(Fiber<?> caller) {
    caller.parkHere();
  }

  protected static Loop loop(Fiber<?> fiber) {
    return fiber.loop();
  }

  protected static void await(Fiber<?> caller, Source source) {
    caller.awaitReady(source);
  }

  protected static void await(Fiber<?> caller, HoldWait wait) {
    Deadlocks.check(wait, caller);
    caller.awaitReady(wait);
  }

  protected static void checkThread(Loop loop) {
    loop.checkThread();
  }

  protected static void report(Loop loop, String source, Throwable failure) {
    loop.report(source, failure);
  }

  protected static RuntimeException rethrow(Throwable failure) {
    return Failures.rethrow(failure);
  }

  protected static long longHoldNanos(Loop loop) {
    return loop.options().longHoldNanos();
  }

  protected static Source awaitFirst(Fiber<?> caller, Source[] sources, int first, int step) {
    return caller.awaitFirst(sources, first, step);
  }

  protected static void awaitUncancelled(Fiber<?> caller, Source source) {
    Cancellation token = caller.cancellation();
    caller.enter(caller.currentScope(), caller.loop().neverCancelled());
    try {
      caller.awaitReady(source);
    } finally {
      caller.enter(caller.currentScope(), token);
    }
  }

  protected static void resume(Fiber<?> fiber) {
    fiber.wake();
  }

  /** Whether it belongs to the loop, and not to a user. */
  protected static boolean isInternal(Fiber<?> fiber) {
    Scope outermost = fiber.scope();
    for (Scope up = outermost.parent(); up != null; up = up.parent()) {
      outermost = up;
    }
    return outermost == fiber.loop().internal();
  }

  protected static String doing(Fiber<?> fiber) {
    return fiber.doing();
  }

  protected static @Nullable Handle handleOf(Fiber<?> fiber) {
    @Nullable Handle[] found = new @Nullable Handle[1];
    fiber
        .loop()
        .eachHandle(handle ->
            handle.waits((parked, _, _) -> {
              if (parked == fiber) {
                found[0] = handle;
              }
            }));
    return found[0];
  }

  protected static void cancelFromOutside(Fiber<?> fiber, String reason) {
    fiber.outermostToken().cancel(reason, null, false);
  }

  protected static void endTime(Fiber<?> fiber, String reason) {
    fiber.innermostToken().cancel(reason, null, true);
  }

  protected static void beginClose(Handle handle) {
    ((HandleBase) handle).closeSoon();
  }

  protected static boolean isCallback(Fiber<?> caller) {
    return caller.isPump();
  }

  protected static @Nullable Handle inCallbackOf(Fiber<?> caller) {
    return caller.serves;
  }

  // ---- waiting, for whoever calls

  protected static Registration onReady(Loop loop, Source source, Runnable action) {
    return OnReady.of(loop, source, action);
  }

  protected static <R extends @Nullable Object> R lookUp(Callable<R> work) throws Exception {
    return Loop.current().lookup().call(Fiber.current(), work);
  }

  protected static <T extends @Nullable Object> T awaitAnywhere(CompletableFuture<T> future) {
    return AnyThread.await(future);
  }

  protected static void awaitAnywhereUncancelled(CompletableFuture<?> future) {
    AnyThread.awaitUncancelled(future);
  }
}
