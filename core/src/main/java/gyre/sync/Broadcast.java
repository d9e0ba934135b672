package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.Source;
import gyre.spi.Internals;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hands every item to all subscribers, over one ring that they share. Publishing never waits: a
 * subscriber that is slower than the ring is long is told how many items it has missed, and goes on
 * with the oldest that is left.
 *
 * <pre>{@code
 * Broadcast<Price> prices = Broadcast.create(1024);
 * Broadcast.Subscription<Price> mine = prices.subscribe();
 * prices.publish(price);
 * switch (mine.next()) {
 *   case Received.Value(Price item) -> show(item);
 *   case BroadcastEvent.Lagged(long missed) -> reload();
 *   case Received.Closed() -> finish();
 *   case Received.Failed(Throwable reason) -> tell(reason);
 * }
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> on the loop that it was made on. A subscription is for one fiber at a time.
 *   <li><b>Cancellation:</b> a subscriber that is cancelled while it waits has read nothing.
 *   <li><b>Closing:</b> subscribers get what is left in the ring, then the end.
 *   <li><b>Fairness:</b> all read at their own pace. Those that wait are woken one after the other.
 *   <li><b>Cost:</b> publishing is one write to the ring and at most one wake-up, however many
 *       subscribe. A subscription that is not waiting costs nothing, and need not be closed. Items
 *       are shared, so they must not be changed; the ring holds the last ones until they are
 *       overwritten.
 * </ul>
 */
public final class Broadcast<T> {
  private final Loop loop = Loop.current();
  private final String name;
  private final @Nullable Object[] ring;
  private final Followers followers = new Followers();

  /** How many were published. */
  private long published;

  private boolean closed;
  private @Nullable Throwable reason;

  private Broadcast(String name, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity of " + name + " must be 1 or more: " + capacity);
    }
    this.name = name;
    this.ring = new Object[capacity];
  }

  /** For fibers of the calling loop, with a ring of {@code capacity} items. */
  public static <T> Broadcast<T> create(int capacity) {
    return new Broadcast<>("broadcast", capacity);
  }

  /**
   * As {@link #create(int)}.
   *
   * @param name for lists of fibers and reports
   */
  public static <T> Broadcast<T> create(String name, int capacity) {
    return new Broadcast<>(name, capacity);
  }

  /**
   * Hands {@code item} to all who subscribe. Never waits.
   *
   * @throws ChannelClosedException if this is closed
   */
  public void publish(T item) {
    Internals.checkThread(loop);
    Objects.requireNonNull(item, "item");
    if (closed) {
      throw new ChannelClosedException(name + " is closed", reason);
    }
    ring[(int) (published % ring.length)] = item;
    published++;
    followers.wakeFirst();
  }

  /** Nothing more will be published. Has no effect the second time. */
  public void close() {
    end(null);
  }

  /** As {@link #close()}, with a reason, which subscribers get after what is left. */
  public void close(Throwable why) {
    end(Objects.requireNonNull(why, "reason"));
  }

  private void end(@Nullable Throwable why) {
    Internals.checkThread(loop);
    if (!closed) {
      closed = true;
      reason = why;
      followers.wakeFirst();
    }
  }

  /** Subscribes to what is published from now on. */
  public Subscription<T> subscribe() {
    Internals.checkThread(loop);
    return new Subscription<>(this);
  }

  @Override
  public String toString() {
    return name + "[" + published + " published" + (closed ? ", closed]" : "]");
  }

  @SuppressWarnings("unchecked") // put there as T
  private T at(long number) {
    T item = (T) ring[(int) (number % ring.length)];
    assert item != null;
    return item;
  }

  /** What one subscriber has read so far. */
  public static final class Subscription<T> {
    private final Broadcast<T> from;
    private final Arrival arrival;
    private long next;

    @SuppressWarnings("this-escape") // used later
    private Subscription(Broadcast<T> from) {
      this.from = from;
      this.next = from.published;
      this.arrival = new Arrival(this);
    }

    /**
     * The next item, or how many were missed, or the end; waits while there is none of them.
     *
     * @throws gyre.CancelledException if the calling fiber is cancelled; nothing was read
     */
    public BroadcastEvent<T> next() {
      Fiber<?> caller = Internals.callerOn(from.loop);
      Internals.checkCancelled(caller);
      if (!hasNews()) {
        Internals.await(caller, arrival);
      }
      return read();
    }

    private BroadcastEvent<T> read() {
      long oldest = from.published - from.ring.length;
      if (next < oldest) {
        long missed = oldest - next;
        next = oldest;
        return new BroadcastEvent.Lagged<>(missed);
      }
      if (next < from.published) {
        return new Received.Value<>(from.at(next++));
      }
      Throwable why = from.reason;
      return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
    }

    /** Ready while {@link #next} need not wait. */
    public Source arrived() {
      return arrival;
    }

    private boolean hasNews() {
      return next < from.published || from.closed;
    }

    @Override
    public String toString() {
      return from.name + "[" + (from.published - next) + " to read]";
    }
  }

  private static final class Arrival extends Follower {
    private final Subscription<?> subscription;

    Arrival(Subscription<?> subscription) {
      this.subscription = subscription;
    }

    @Override
    Followers place() {
      return subscription.from.followers;
    }

    @Override
    public boolean isReady() {
      return subscription.hasNews();
    }

    @Override
    public String doing() {
      return "waiting for an item of " + subscription.from;
    }
  }
}
