package gyre.sync;

import gyre.Fiber;
import gyre.Signal;
import gyre.Source;
import gyre.Waiter;
import gyre.spi.Internals;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Flow;
import org.jctools.queues.atomic.SpscAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The items of a {@link Flow.Publisher}, for one fiber of the loop on which it was subscribed.
 *
 * <pre>{@code
 * try (FlowItems<Row> rows = Bridges.subscribe(query, 64)) {
 *   for (Row row : rows) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>A wait that is cancelled has taken nothing. A failure of the publisher is thrown when the
 * items before it have been taken. Closing cancels the subscription.
 */
public final class FlowItems<T> implements AutoCloseable, Iterable<T> {
  private final int limit;
  private final SpscAtomicArrayQueue<T> queue;
  private final Signal changed = Signal.open();

  /** Written by whichever thread the publisher has, before {@link #ended} and what is queued. */
  private volatile Flow.@Nullable Subscription subscription;

  private volatile @Nullable Throwable failure;
  private volatile boolean ended;
  private volatile boolean closed;

  /** Taken since the publisher was last asked for more. */
  private int taken;

  FlowItems(int limit) {
    if (limit < 1 || limit > 1 << 20) {
      throw new IllegalArgumentException("limit is " + limit + ": must be from 1 to 1048576");
    }
    this.limit = limit;
    this.queue = new SpscAtomicArrayQueue<>(Math.max(2, limit));
  }

  /** The next item, or empty at the end; parks until there is one. */
  public Optional<T> next() {
    while (true) {
      boolean ignored = changed.take();
      boolean wasEnded = ended; // before the look: what came before the end is there then
      T item = queue.poll();
      if (item != null) {
        askForMore();
        return Optional.of(item);
      }
      if (wasEnded) {
        return end();
      }
      Fiber.await(changed);
    }
  }

  private Optional<T> end() {
    Throwable thrown = failure;
    if (thrown != null) {
      throw Internals.rethrow(thrown);
    }
    return Optional.empty();
  }

  private void askForMore() {
    taken++;
    Flow.Subscription present = subscription;
    if (taken >= Math.max(1, limit / 2) && present != null) {
      int more = taken;
      taken = 0;
      present.request(more);
    }
  }

  /** Ready while {@link #next} does not park: to wait for that or something else. */
  public Source available() {
    return new Available<>(this);
  }

  @Override
  public Iterator<T> iterator() {
    return new Iterator<>() {
      private Optional<T> ahead = Optional.empty();
      private boolean isAtEnd;

      @Override
      public boolean hasNext() {
        if (ahead.isEmpty() && !isAtEnd) {
          ahead = FlowItems.this.next();
          isAtEnd = ahead.isEmpty();
        }
        return ahead.isPresent();
      }

      @Override
      public T next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the publisher has no more items");
        }
        T item = ahead.orElseThrow();
        ahead = Optional.empty();
        return item;
      }
    };
  }

  /** Cancels the subscription. What was not taken is lost. */
  @Override
  public void close() {
    closed = true;
    Flow.Subscription present = subscription;
    if (present != null && !ended) {
      present.cancel();
    }
  }

  Flow.Subscriber<T> subscriber() {
    return new Subscriber();
  }

  /** Called by the publisher, on whatever thread, one call after the other. */
  private final class Subscriber implements Flow.Subscriber<T> {
    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      if (subscription != null || closed) {
        newSubscription.cancel();
        return;
      }
      subscription = newSubscription;
      newSubscription.request(limit);
    }

    @Override
    public void onNext(T item) {
      if (!queue.offer(item)) {
        Flow.Subscription present = subscription;
        if (present != null) {
          present.cancel();
        }
        onError(
            new IllegalStateException(
                "the publisher has sent more than the " + limit + " items that it was asked for"));
        return;
      }
      changed.raise();
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
      onComplete();
    }

    @Override
    public void onComplete() {
      ended = true;
      changed.raise();
    }
  }

  /** Its level is the queue's, its waiters are the signal's. */
  private static final class Available<T> implements Source {
    private final FlowItems<T> items;

    Available(FlowItems<T> items) {
      this.items = items;
    }

    @Override
    public boolean isReady() {
      if (hasMore()) {
        return true;
      }
      boolean _ = items.changed.take(); // what comes from here on raises it again
      return hasMore();
    }

    private boolean hasMore() {
      return items.ended || !items.queue.isEmpty();
    }

    @Override
    public void arm(Waiter waiter) {
      items.changed.arm(waiter);
    }

    @Override
    public void disarm(Waiter waiter) {
      items.changed.disarm(waiter);
    }

    @Override
    public String doing() {
      return "waiting for an item of a publisher";
    }
  }
}
