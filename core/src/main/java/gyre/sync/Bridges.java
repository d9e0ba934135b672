package gyre.sync;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Registration;
import gyre.Scope;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Between fibers and what other libraries have. The rest of it is elsewhere: {@code
 * Fiber.await(stage)} waits for a future, {@code Loop.call} and {@code callAsync} let any thread
 * have something done, {@code Loop.executor} and {@code offloadExecutor} are executors.
 */
public final class Bridges {
  private Bridges() {}

  /** Makes the items of a publisher. */
  @FunctionalInterface
  public interface Generator<T> {
    void run(Emitter<T> emitter) throws Exception;
  }

  /** Takes the items of a {@link Generator}, in its fiber. */
  @FunctionalInterface
  public interface Emitter<T> {
    /**
     * Hands {@code item} to the subscriber; parks until it asks for one.
     *
     * @throws CancelledException if it has cancelled
     */
    void emit(T item);
  }

  /**
   * Starts {@code work} in a fiber of the current scope, for a library that wants a future. It
   * completes on the loop, with what the work gave or threw: a failure is the future's, and harms
   * the scope no more. Cancelling the future, or completing it in any other way, from any thread,
   * cancels the work. If the scope ends before, the future fails with {@link CancelledException}.
   */
  public static <T extends @Nullable Object> CompletableFuture<T> future(
      Callable<? extends T> work) {
    CompletableFuture<T> future = new CompletableFuture<>();
    Cancellation token = Cancellation.current().child();
    AtomicReference<@Nullable Registration> ifNotBegun = new AtomicReference<>();
    Fiber<?> ignored =
        Scope.current()
            .start(() -> {
              Registration registration = ifNotBegun.get();
              if (registration != null) {
                registration.close();
              }
              complete(future, token, work);
            });
    ifNotBegun.set(
        token.onCancel(() -> {
          var _ = future.completeExceptionally(new CancelledException("not begun", null));
        }));
    var _ = future.whenComplete((_, _) -> token.cancel("nobody waits for the future any more"));
    return future;
  }

  private static <T extends @Nullable Object> void complete(
      CompletableFuture<T> future, Cancellation token, Callable<? extends T> work) {
    try (token) {
      boolean ignored = future.complete(token.call(work));
    } catch (Throwable e) {
      boolean ignored = future.completeExceptionally(e);
    }
  }

  /**
   * Subscribes to {@code publisher}, for a fiber to take its items one after the other.
   *
   * @param limit how many items may wait to be taken: no more is asked of the publisher
   */
  public static <T> FlowItems<T> subscribe(Flow.Publisher<? extends T> publisher, int limit) {
    FlowItems<T> items = new FlowItems<>(limit);
    publisher.subscribe(items.subscriber());
    return items;
  }

  /**
   * A publisher whose items are made by {@code generator}, in a fiber of {@code loop} for each
   * subscriber. It gets no more than it asks for; while it asks for none the fiber is parked. Its
   * methods are called on the loop and must not block. When the generator returns the stream is
   * complete, and when it throws it has failed. A subscriber that cancels cancels the fiber.
   *
   * <p>May be subscribed to from any thread. The fibers belong to the loop's root scope; if the
   * loop ends, or refuses, the subscriber gets an error.
   */
  public static <T> Flow.Publisher<T> publisher(Loop loop, Generator<T> generator) {
    return subscriber -> new FlowFeed<>(loop, generator, subscriber).begin();
  }
}
