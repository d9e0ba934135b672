package gyre.spi;

import gyre.CancelledException;
import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Handle;
import gyre.HoldWait;
import gyre.InternalAccess;
import gyre.Loop;
import gyre.LoopTree;
import gyre.Registration;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.Source;
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
 * What the packages of handles may do with loops, scopes and fibers, and users may not. On the loop
 * unless it says otherwise.
 */
public final class Internals extends InternalAccess {
  private Internals() {}

  // ---- loops

  public static Engine engine(Loop loop) {
    return InternalAccess.engine(loop);
  }

  /** The engine of a scope's loop, for those who open descriptors before there is a handle. */
  public static Engine engine(Scope scope) {
    return InternalAccess.engine(InternalAccess.loop(scope));
  }

  /**
   * Has {@code step} run on the loop, on its bare thread and outside of fibers; not at all once the
   * loop is closed. From any thread. Nothing bounds how many wait: the caller has to.
   */
  public static void handToLoop(Loop loop, Runnable step) {
    InternalAccess.handToLoop(loop, step);
  }

  /** The engine of a scope's loop, for who opens something in that scope: which may be closing. */
  public static Engine engineToOpenIn(Scope scope) {
    checkCanOpen(scope);
    return engine(scope);
  }

  /** Whether nothing can be handed to the loop any more. From any thread. */
  public static boolean isClosed(Loop loop) {
    return InternalAccess.isClosed(loop);
  }

  /** Completes when the loop has been closed, in whatever way. From any thread. */
  public static CompletionStage<?> whenClosed(Loop loop) {
    return InternalAccess.whenClosed(loop);
  }

  /**
   * What each loop has one of for a package of handles.
   *
   * @param maker makes it, when it is asked for the first time
   */
  public static <T> T onePerLoop(Loop loop, Class<T> type, Function<Loop, T> maker) {
    return InternalAccess.onePerLoop(loop, type, maker);
  }

  /** All handles of the loop that belong to users. */
  public static void eachHandle(Loop loop, Consumer<Handle> action) {
    InternalAccess.eachHandle(loop, action);
  }

  /** What the signals that end a program do to a loop until this is closed. */
  public interface StopBySignals extends AutoCloseable {
    /** How the program has ended: once the loop has. */
    ExitStatus status();

    @Override
    void close();
  }

  /** As {@link Loop#runUntilShutdown} has it, for who turns the loop by its driver. */
  public static StopBySignals stopBySignals(Loop loop, ShutdownOptions how) {
    Stops stops = InternalAccess.stops(loop, how);
    return new StopBySignals() {
      @Override
      public ExitStatus status() {
        return stops.status();
      }

      @Override
      public void close() {
        stops.close();
      }
    };
  }

  // ---- for those who look from outside: from any thread, and without guarantee

  /** Who is told what the loop does; null where nobody is. */
  public static @Nullable Probe probe(Loop loop) {
    return InternalAccess.probe(loop);
  }

  /** The thread that the loop belongs to. */
  public static Thread thread(Loop loop) {
    return InternalAccess.thread(loop);
  }

  /** The fiber that runs at present. */
  public static @Nullable Fiber<?> running(Loop loop) {
    return InternalAccess.running(loop);
  }

  /** What carries the code of a fiber. */
  public static Thread thread(Fiber<?> fiber) {
    return InternalAccess.thread(fiber);
  }

  /** The innermost scope that it has open. */
  public static Scope currentScope(Fiber<?> fiber) {
    return InternalAccess.currentScope(fiber);
  }

  /** Whether it runs a task that was posted. */
  public static boolean isPosted(Fiber<?> fiber) {
    return InternalAccess.isPosted(fiber);
  }

  /** All that lives in a loop; exact on the loop alone. */
  public static List<LoopTree.Node> tree(Loop loop, int limit, int stacks) {
    return InternalAccess.tree(loop, limit, stacks);
  }

  // ---- scopes

  public static Loop loop(Scope scope) {
    return InternalAccess.loop(scope);
  }

  /** Throws unless the caller may open a handle in {@code scope}, which may be closing. */
  public static void checkCanOpen(Scope scope) {
    InternalAccess.checkCanOpen(scope);
  }

  /** Whether what lives in a scope is to end as soon as what it is doing is done. */
  public static boolean isDraining(Scope scope) {
    return InternalAccess.isDraining(scope);
  }

  /**
   * Has the engine woken also between two turns of a loop: where whoever turns it knows from the
   * engine alone when the next one is due.
   */
  public static void watchEngine(Loop loop) {
    InternalAccess.watchEngine(loop);
  }

  /** Whether the next turn of a loop has something to do, besides what is in its inbox. */
  public static boolean hasWork(Loop loop) {
    return InternalAccess.hasWork(loop);
  }

  /** Has all that lives in a scope and below it end as soon as what it is doing is done. */
  public static void drain(Scope scope) {
    InternalAccess.drain(scope);
  }

  /** Those of the scope itself, not of scopes below it. */
  public static void eachHandle(Scope scope, Consumer<Handle> action) {
    InternalAccess.eachHandle(scope, action);
  }

  /** Whether the caller is a fiber that lives in {@code scope} or below it, or has it open. */
  public static boolean isCallerInside(Scope scope) {
    if (!InternalAccess.isOnLoop(InternalAccess.loop(scope)) || !InternalAccess.isInFiber()) {
      return false;
    }
    for (Scope up = Scope.current(); up != null; up = up.parent()) {
      if (up == scope) {
        return true;
      }
    }
    return false;
  }

  // ---- fibers

  /** The loop of a fiber. From any thread. */
  public static Loop loop(Fiber<?> fiber) {
    return InternalAccess.loop(fiber);
  }

  /** The calling fiber, which must be one of {@code loop}: throws if it is not. */
  public static Fiber<?> callerOn(Loop loop) {
    return InternalAccess.caller(loop);
  }

  /** Throws unless the caller runs on the loop, or is its thread between turns. */
  public static void checkThread(Loop loop) {
    InternalAccess.checkThread(loop);
  }

  /** Tells the loop's listener of a failure that nobody waits for. */
  public static void report(Loop loop, String source, Throwable failure) {
    InternalAccess.report(loop, source, failure);
  }

  /** Throws unchecked failures as they are, and checked ones as the cause of one. */
  public static RuntimeException rethrow(Throwable failure) {
    return InternalAccess.rethrow(failure);
  }

  /** How long a lock may be held before that is told; 0 for ever. */
  public static long longHoldNanos(Loop loop) {
    return InternalAccess.longHoldNanos(loop);
  }

  /** Starts or restarts a timer {@code nanos} from the time of this turn. */
  public static void startTimer(Loop loop, TimerNode timer, long nanos) {
    InternalAccess.startTimer(loop, timer, nanos);
  }

  public static void cancelTimer(Loop loop, TimerNode timer) {
    InternalAccess.cancelTimer(loop, timer);
  }

  /** Whether the caller runs on the loop, or is its thread between turns. From any thread. */
  public static boolean isOn(Loop loop) {
    return InternalAccess.isOnLoop(loop);
  }

  /** Whether the caller is a fiber, of whatever loop. From any thread. */
  public static boolean isFiber() {
    return InternalAccess.isInFiber();
  }

  /**
   * Throws {@link CancelledException} if the calling fiber is cancelled: for calls that may have
   * nothing to wait for, and so would not notice.
   */
  public static void checkCancelled(Fiber<?> caller) {
    InternalAccess.checkCancelled(caller);
  }

  /** Another number for each call in a fiber: where those who choose by turns begin. */
  public static int nextRotation(Fiber<?> caller) {
    return InternalAccess.nextRotation(caller);
  }

  /**
   * Parks the calling fiber. May return without reason.
   *
   * @throws CancelledException if it is cancelled
   */
  public static void park(Fiber<?> caller) {
    InternalAccess.park(caller);
  }

  /** As {@link Fiber#await(Source)}, for those who know their caller already. */
  public static void await(Fiber<?> caller, Source source) {
    InternalAccess.await(caller, source);
  }

  /**
   * As {@link #await(Fiber, Source)}, for a lock.
   *
   * @throws gyre.DeadlockException if that would never be over
   */
  public static void await(Fiber<?> caller, HoldWait wait) {
    InternalAccess.await(caller, wait);
  }

  /**
   * As {@link Fiber#awaitFirst}, in an order that the caller chooses.
   *
   * @param first which of the sources is asked first
   * @param step from one that is asked to the next one, around the end: 1, or their number less 1
   */
  public static Source awaitFirst(Fiber<?> caller, Source[] sources, int first, int step) {
    return InternalAccess.awaitFirst(caller, sources, first, step);
  }

  /** As {@link #await}, also in a fiber that is cancelled: for what is certain to come soon. */
  public static void awaitUncancelled(Fiber<?> caller, Source source) {
    InternalAccess.awaitUncancelled(caller, source);
  }

  /** Lets a parked fiber go on. */
  public static void resume(@Nullable Fiber<?> fiber) {
    if (fiber != null) {
      InternalAccess.resume(fiber);
    }
  }

  /** Whether the calling fiber runs a callback: it should not be parked for long. */
  public static boolean isCallback(Fiber<?> caller) {
    return InternalAccess.isCallback(caller);
  }

  /** The handle whose callback {@code caller} runs, if it does. */
  public static @Nullable Handle inCallbackOf(Fiber<?> caller) {
    return InternalAccess.inCallbackOf(caller);
  }

  // ---- fibers, for who watches their parks

  /** Whether a fiber belongs to the loop, as those that run callbacks do, and not to a user. */
  public static boolean isInternal(Fiber<?> fiber) {
    return InternalAccess.isInternal(fiber);
  }

  /** What a fiber waits for, in words; empty if its stack alone says it. */
  public static String doing(Fiber<?> fiber) {
    return InternalAccess.doing(fiber);
  }

  /** The handle that a fiber is parked in, if it is. */
  public static @Nullable Handle handleOf(Fiber<?> fiber) {
    return InternalAccess.handleOf(fiber);
  }

  /**
   * Cancels a fiber as others might: all that it is doing, and no other fiber if it has a token of
   * its own. Without one it is cancelled with the scope that it lives in.
   */
  public static void cancelFromOutside(Fiber<?> fiber, String reason) {
    InternalAccess.cancelFromOutside(fiber, reason);
  }

  /** As if the innermost limit of time that a fiber works under were over: its shield's too. */
  public static void endTime(Fiber<?> fiber, String reason) {
    InternalAccess.endTime(fiber, reason);
  }

  /** Closes a handle without waiting, whoever calls. */
  public static void beginClose(Handle handle) {
    InternalAccess.beginClose(handle);
  }

  // ---- waiting

  /**
   * Runs {@code action} once, on the loop, as soon as {@code source} is ready: inside of what makes
   * it ready, so it must be short, and must not wait or throw. It takes nothing from the source.
   */
  public static Registration onReady(Loop loop, Source source, Runnable action) {
    return InternalAccess.onReady(loop, source, action);
  }

  /** As {@link Fiber#offload}, but on the threads that look up names. */
  public static <R extends @Nullable Object> R lookUp(Callable<R> work) throws Exception {
    return InternalAccess.lookUp(work);
  }

  /**
   * The result of {@code future}, or throws what it failed with: parks a fiber, of whatever loop,
   * and blocks any other thread.
   */
  public static <T extends @Nullable Object> T awaitAnywhere(CompletableFuture<T> future) {
    return InternalAccess.awaitAnywhere(future);
  }

  /** Waits as {@link #awaitAnywhere} does, also in a fiber that is cancelled. */
  public static void awaitAnywhereUncancelled(CompletableFuture<?> future) {
    InternalAccess.awaitAnywhereUncancelled(future);
  }

  /** Throws if the caller keeps this loop from turning by waiting for something that it does. */
  public static void checkCanAwait(Loop loop) {
    if (InternalAccess.isOnLoop(loop) && !InternalAccess.isInFiber()) {
      throw new IllegalStateException(
          loop.name() + " has to turn meanwhile: call this in a fiber, or on another thread");
    }
  }

  // ---- for Resource

  static void start(Loop loop, Resource.Timeout timeout, long nanos) {
    InternalAccess.startTimer(loop, timeout, nanos);
  }

  static void cancel(Loop loop, Resource.Timeout timeout) {
    InternalAccess.cancelTimer(loop, timeout);
  }

  static void countFailureOfPeer(Loop loop) {
    InternalAccess.countPeerFailure(loop);
  }
}
