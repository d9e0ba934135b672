package gyre;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The end of a {@link CompletionStage} of the world outside, as a {@link Source}: ready once the
 * stage has completed, in whatever way and on whatever thread. {@link #get} then gives its result.
 *
 * <pre>{@code
 * Completion<Response> answer = Completion.of(client.sendAsync(request));
 * Deadline deadline = Deadline.in(Duration.ofSeconds(5));
 * if (Fiber.awaitFirst(answer, deadline) == answer) {
 *   use(answer.get());
 * }
 * }</pre>
 *
 * <p>To wait for a stage alone: {@link Fiber#await(CompletionStage)}. Waiting leaves the stage as
 * it is: a fiber that is cancelled, or goes on for another reason, cancels nothing. It need not be
 * closed. The stage keeps a small object for it until it completes, so make one for a stage, not
 * one for each attempt to wait. Waited for on the loop that it was made on; asked from any thread.
 */
public final class Completion<T extends @Nullable Object> extends WaitPoint {
  private final Loop loop;
  private final Runnable wakeAll = this::wakeAll;

  /** Written before {@link #isDone}, which is read before them. */
  private @Nullable T result;

  private @Nullable Throwable failure;
  private volatile boolean isDone;

  @SuppressWarnings("this-escape") // used later
  private Completion(Loop loop) {
    this.loop = loop;
  }

  /** The end of {@code stage}, for fibers of the loop that the calling code runs on. */
  public static <T extends @Nullable Object> Completion<T> of(CompletionStage<T> stage) {
    return of(Loop.current(), stage);
  }

  static <T extends @Nullable Object> Completion<T> of(Loop loop, CompletionStage<T> stage) {
    Completion<T> completion = new Completion<>(loop);
    var ignored = stage.whenComplete(completion::completed);
    return completion;
  }

  private void completed(@Nullable T value, @Nullable Throwable thrown) {
    result = value;
    failure = thrown;
    isDone = true;
    if (loop.onLoop()) {
      wakeAll();
    } else {
      loop.postInternal(wakeAll);
    }
  }

  /**
   * The result of the stage, or throws what it failed with, without the {@link CompletionException}
   * around it: unchecked failures as they are, checked ones as the cause of a {@link
   * FiberFailedException}. Throws {@link IllegalStateException} while this is not ready.
   */
  public T get() {
    if (!isDone) {
      throw new IllegalStateException("the stage has not completed: call Fiber.await before");
    }
    Throwable thrown = failure;
    if (thrown instanceof CompletionException wrapper) {
      throw Failures.rethrow(Failures.causeOf(wrapper));
    }
    if (thrown != null) {
      throw Failures.rethrow(thrown);
    }
    return result();
  }

  @SuppressWarnings("NullAway") // T itself says whether null is a result
  private T result() {
    return result;
  }

  @Override
  public boolean isReady() {
    return isDone;
  }

  @Override
  public void arm(Waiter waiter) {
    loop.checkThread();
    super.arm(waiter);
  }

  @Override
  public String doing() {
    return "waiting for a stage to complete";
  }
}
