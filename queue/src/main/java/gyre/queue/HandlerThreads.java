package gyre.queue;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.insight.text.Plural;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for handlers in Java, one for each call. A handler that never returns keeps its thread,
 * and no other: those of the runtime, and of other kinds, are free. How many of a kind hang is told
 * by {@link #hanging}, and whoever begins calls counts them as calls that run; so there are never
 * more than may run, and what waits is not blamed for them. The limit here is the last resort.
 */
final class HandlerThreads {
  /** Calls that were given up and have not returned, for each that may run. */
  private static final int HANGING_FACTOR = 4;

  private final Map<String, Calls> kinds = new ConcurrentHashMap<>();
  private final Runnable returned;

  /** Of one kind. */
  private static final class Calls {
    final AtomicInteger living = new AtomicInteger();
    final AtomicInteger hanging = new AtomicInteger();

    /** When the last one was given up. */
    volatile long givenUpNanos = System.nanoTime();
  }

  private enum State {
    RUNNING,
    GIVEN_UP,
    RETURNED
  }

  /** One call; its state is changed by the thread that executes it, and by the fiber. */
  private static final class Call {
    private final Calls calls;
    private State state = State.RUNNING;

    Call(Calls calls) {
      this.calls = calls;
    }

    synchronized void giveUp() {
      if (state == State.RUNNING) {
        state = State.GIVEN_UP;
        calls.givenUpNanos = System.nanoTime(); // before it counts: one that counts is no older
        calls.hanging.incrementAndGet();
      }
    }

    /** Whether it had been given up. */
    synchronized boolean returns() {
      boolean wasGivenUp = state == State.GIVEN_UP;
      if (wasGivenUp) {
        calls.hanging.decrementAndGet();
      }
      if (state != State.RETURNED) {
        calls.living.decrementAndGet();
      }
      state = State.RETURNED;
      return wasGivenUp;
    }
  }

  /**
   * @param returned told, on any thread, when a call that was given up has returned after all
   */
  HandlerThreads(Runnable returned) {
    this.returned = returned;
  }

  static String hangingWarning(String operation, int hanging) {
    return Plural.of(hanging, "call", "calls")
        + " of the handler "
        + operation
        + (hanging == 1 ? " has" : " have")
        + " not returned, though each was interrupted after its timeout, and take its"
        + " places: have it end when its thread is interrupted";
  }

  /** Calls of a kind that were given up and have not returned. Any thread. */
  Hanging hanging(String operation) {
    Calls calls = kinds.get(operation);
    return calls == null ? Hanging.NONE : new Hanging(calls.hanging.get(), calls.givenUpNanos);
  }

  /** Those of each kind. Any thread. */
  List<Hanging> hanging() {
    return kinds.keySet().stream().map(this::hanging).toList();
  }

  /**
   * Parks the fiber. When it is cancelled, as by the timeout of the kind, the thread is interrupted
   * and no longer waited for.
   */
  Outcome call(Kind kind, Callable<Outcome> body) throws Exception {
    Calls calls = kinds.computeIfAbsent(kind.operation(), operation -> new Calls());
    if (calls.living.get() >= HANGING_FACTOR * kind.concurrency()) {
      throw new IllegalStateException(
          calls.living.get()
              + " earlier calls of this handler have not returned, though each was interrupted"
              + " after its timeout: have it end when its thread is interrupted");
    }
    calls.living.incrementAndGet();
    Call call = new Call(calls);
    CompletableFuture<Outcome> result = new CompletableFuture<>();
    Thread thread = start(kind, call, () -> run(body, call, result));
    try {
      return Fiber.await(result);
    } catch (CancelledException e) {
      call.giveUp(); // before the interrupt: what returns by it is known to return
      thread.interrupt();
      throw e;
    }
  }

  private static Thread start(Kind kind, Call call, Runnable body) {
    try {
      return Thread.ofPlatform().name("gyre-queue-" + kind.operation()).daemon().start(body);
    } catch (Throwable e) {
      call.returns(); // no thread could be made
      throw e;
    }
  }

  private void run(Callable<Outcome> body, Call call, CompletableFuture<Outcome> result) {
    try {
      result.complete(body.call());
    } catch (Throwable e) {
      result.completeExceptionally(e);
    } finally {
      if (call.returns()) {
        returned.run();
      }
    }
  }
}
