package gyre;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Work that other threads have a loop do: see {@link Loop#call}. Every call is answered exactly
 * once, also when the loop ends before it came to the call, or left its fiber behind.
 */
final class Calls {
  private final Loop loop;

  /** Begun and not answered; touched on the loop alone. */
  private final Set<Call<?>> running = Collections.newSetFromMap(new IdentityHashMap<>());

  Calls(Loop loop) {
    this.loop = loop;
  }

  /** From any thread. */
  <T extends @Nullable Object> CompletableFuture<T> begin(Callable<? extends T> work) {
    Call<T> call = new Call<>(work);
    var ignored = call.outcome.whenComplete((_, _) -> call.answered());
    if (loop.isClosed()) {
      call.refuse("is closed");
    } else {
      try {
        loop.post(call);
      } catch (RejectedExecutionException e) {
        if (loop.isClosed()) {
          call.refuse("is closed");
        } else {
          call.end(null, e);
        }
      }
    }
    return call.outcome;
  }

  /** Blocks the calling thread, or parks the calling fiber of another loop. */
  <T extends @Nullable Object> T await(Callable<? extends T> work) throws InterruptedException {
    boolean isFiber = Loop.isInFiber();
    if (isFiber ? loop.equals(Loop.current()) : loop.onLoop()) {
      throw new IllegalStateException(
          loop.name()
              + " runs on this thread, which would wait for itself: in a fiber run the work itself,"
              + " or start a fiber by Fiber.start; between turns use Loop.run");
    }
    CompletableFuture<T> outcome = begin(work);
    boolean isAnswered = false;
    try {
      T result = isFiber ? Fiber.await(outcome) : outcome.get();
      isAnswered = true;
      return result;
    } catch (ExecutionException e) {
      throw Failures.rethrow(Failures.causeOf(e));
    } finally {
      if (!isAnswered) {
        boolean ignored = outcome.cancel(false); // no effect on one that has failed
      }
    }
  }

  /** The loop has closed: what is left has no other end. */
  void abandon() {
    List<Call<?>> left = new ArrayList<>(running);
    running.clear();
    left.forEach(call -> call.refuse("has closed, and left this call behind"));
  }

  private final class Call<T extends @Nullable Object> implements Runnable, AutoCloseable {
    private final Callable<? extends T> work;
    private final CompletableFuture<T> outcome = new CompletableFuture<>();

    /** What cancels the work; there once the loop has come to it. */
    private volatile @Nullable Cancellation token;

    private volatile boolean isEnded;

    Call(Callable<? extends T> work) {
      this.work = work;
    }

    /** In a callback of the loop. */
    @Override
    public void run() {
      Scope root = loop.root();
      if (loop.isDraining()) {
        refuse("is shutting down");
        return;
      }
      Cancellation mine = root.cancellation().child();
      token = mine;
      if (outcome.isDone()) { // given up: whoever did so before has not seen the token
        mine.close();
        return;
      }
      running.add(this);
      Fiber<?> fiber = root.launch("call", () -> serve(root, mine));
      fiber.expectFailure();
      fiber.enter(root, loop.neverCancelled()); // it begins in any case: to answer
    }

    private boolean serve(Scope root, Cancellation mine) {
      Fiber.current().enter(root, root.cancellation());
      T result = null;
      Throwable failure = null;
      try (mine) {
        result = mine.call(work);
      } catch (Throwable e) {
        failure = e;
      }
      running.remove(this);
      end(result, failure);
      return true;
    }

    @SuppressWarnings("NullAway") // T itself says whether null is a result
    private void end(@Nullable T result, @Nullable Throwable failure) {
      isEnded = true;
      if (failure == null) {
        outcome.complete(result);
      } else {
        outcome.completeExceptionally(failure);
      }
    }

    void refuse(String why) {
      end(null, new IllegalStateException(loop.name() + " " + why));
    }

    /** On whatever thread: the caller may have given up. */
    void answered() {
      Cancellation present = token;
      if (!isEnded && present != null) {
        present.cancel("nobody waits for the call any more");
      }
    }

    /** The loop has closed before it came to this. */
    @Override
    public void close() {
      refuse("is closed");
    }
  }
}
