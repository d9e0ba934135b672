package gyre;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells a fiber from any thread that something has happened. Raising it several times before it is
 * taken counts once.
 *
 * <pre>{@code
 * Signal changed = Signal.open();
 * watcher.onChange(changed::raise);    // from whatever thread
 * while (true) {
 *   Fiber.await(changed);
 *   changed.take();
 *   reload();
 * }
 * }</pre>
 *
 * <p>What a thread wrote before {@link #raise} is seen by the fiber after {@link #take}. Waited for
 * on its loop alone.
 */
public final class Signal extends WaitPoint {
  private final Loop loop;
  private final AtomicBoolean raised = new AtomicBoolean();
  private final Runnable wakeFirst = this::wakeFirst;

  @SuppressWarnings("this-escape") // used later
  private Signal(Loop loop) {
    this.loop = loop;
  }

  /** A signal for fibers of the loop that the calling code runs on. Need not be closed. */
  public static Signal open() {
    return new Signal(Loop.current());
  }

  /** Makes it ready, until somebody takes it. From any thread. */
  public void raise() {
    if (raised.getAndSet(true)) {
      return; // whoever raised it has woken somebody
    }
    if (loop.onLoop()) {
      wakeFirst();
    } else {
      loop.postInternal(wakeFirst);
    }
  }

  /** Takes it back to not ready; false if it was not raised. From any thread. */
  public boolean take() {
    return raised.getAndSet(false);
  }

  @Override
  public void arm(Waiter waiter) {
    loop.checkThread();
    super.arm(waiter);
  }

  @Override
  public boolean isReady() {
    return raised.get();
  }

  @Override
  public String doing() {
    return "waiting for a signal";
  }
}
