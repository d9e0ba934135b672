package gyre.sync;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Signal;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of {@link Bridges#publisher}: the fiber that makes items, and what the
 * subscriber has asked for. All but {@link #request} and {@link #cancel} happens in the fiber, so
 * that the subscriber is told one thing after the other.
 */
final class FlowFeed<T> implements Flow.Subscription, Bridges.Emitter<T> {
  private final Loop loop;
  private final Bridges.Generator<T> generator;
  private final Flow.Subscriber<? super T> subscriber;
  private final AtomicLong demand = new AtomicLong();

  /** There once the fiber runs. */
  private volatile @Nullable Signal changed;

  private volatile @Nullable CompletableFuture<?> running;
  private volatile boolean cancelled;

  /** The subscriber has asked for less than one item, which ends it. */
  private volatile boolean misused;

  FlowFeed(Loop loop, Bridges.Generator<T> generator, Flow.Subscriber<? super T> subscriber) {
    this.loop = loop;
    this.generator = generator;
    this.subscriber = Objects.requireNonNull(subscriber, "subscriber");
  }

  void begin() {
    subscriber.onSubscribe(this);
    if (cancelled) {
      return;
    }
    CompletableFuture<Boolean> future = loop.callAsync(this::run);
    running = future;
    if (cancelled) {
      boolean ignored = future.cancel(false);
    }
    // What did not come to run has nobody else to tell of it.
    var ignored =
        future.whenComplete((_, failure) -> {
          if (failure != null && !cancelled) {
            subscriber.onError(failure);
          }
        });
  }

  /** In the fiber. What is thrown from here is told by {@link #begin}. */
  private boolean run() throws Exception {
    changed = Signal.open();
    generator.run(this);
    if (!cancelled) {
      subscriber.onComplete();
    }
    return true;
  }

  @Override
  public void emit(T item) {
    Objects.requireNonNull(item, "item");
    Signal signal = Objects.requireNonNull(changed);
    while (demand.get() == 0 && !cancelled && !misused) {
      Fiber.await(signal);
      boolean ignored = signal.take();
    }
    if (misused) {
      throw new IllegalArgumentException("the subscriber has requested less than one item");
    }
    if (cancelled) {
      throw new CancelledException("the subscriber has cancelled", null);
    }
    if (demand.get() != Long.MAX_VALUE) {
      long ignored = demand.decrementAndGet();
    }
    subscriber.onNext(item);
  }

  @Override
  public void request(long more) {
    if (more <= 0) {
      misused = true;
    } else {
      long ignored =
          demand.accumulateAndGet(
              more, (now, n) -> now > Long.MAX_VALUE - n ? Long.MAX_VALUE : now + n);
    }
    tell();
  }

  @Override
  public void cancel() {
    cancelled = true;
    CompletableFuture<?> present = running;
    if (present != null) {
      boolean ignored = present.cancel(false);
    }
    tell();
  }

  private void tell() {
    Signal signal = changed;
    if (signal != null) {
      signal.raise();
    }
  }
}
