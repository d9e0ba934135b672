package gyre.sync;

import gyre.Source;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Broadcast} between threads: any loop and plain thread publishes, and subscribers on any
 * of them get every item, over one ring that they share. Publishing never waits: a subscriber that
 * is slower than the ring is long is told how many items it has missed, and goes on with the oldest
 * that is left.
 *
 * <pre>{@code
 * SharedBroadcast<Price> prices = SharedBroadcast.create(1024);
 * // on each loop
 * SharedBroadcast.Subscription<Price> mine = prices.subscribe();
 * switch (mine.next()) {
 *   case Received.Value(Price item) -> show(item);
 *   case BroadcastEvent.Lagged(long missed) -> reload();
 *   case Received.Closed() -> finish();
 *   case Received.Failed(Throwable reason) -> tell(reason);
 * }
 * // on whatever thread
 * prices.publish(price);
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> everything may be called from any thread. All subscribers get the items in
 *       the same order. What was done before an item was published is seen by who has got it. A
 *       subscription is for one fiber or thread at a time: fibers are parked where they have to
 *       wait, and plain threads are blocked.
 *   <li><b>Cancellation:</b> a subscriber that is cancelled, or whose thread is interrupted, while
 *       it waits has read nothing; both get {@link gyre.CancelledException}. The interrupt of a
 *       plain thread stays pending.
 *   <li><b>Closing:</b> what was published before it is read, then the end.
 *   <li><b>Fairness:</b> all read at their own pace. Those that wait are told at once on every
 *       loop, and one after the other within a loop. A loop that stands holds up nobody but its own
 *       subscribers.
 *   <li><b>Cost:</b> no lock. Publishing is a small object and a write to the ring, and a wake-up
 *       for each loop on which somebody waits and for each plain thread that does, however many
 *       subscribe. A subscription that is not waiting costs nothing, and need not be closed. Items
 *       are shared, so they must not be changed; the ring holds the last ones until they are
 *       overwritten.
 * </ul>
 */
public final class SharedBroadcast<T> {
  private static final long CLOSED = 1L << 62;

  private final String name;
  private final int capacity;

  /** An item with its number, by which a reader knows whether it is the one that it looks for. */
  private final AtomicReferenceArray<@Nullable Entry<T>> ring;

  /** How many have been numbered, and {@link #CLOSED}: so no number is given after that. */
  private final AtomicLong numbered = new AtomicLong();

  /** Of the first who closes; set before the bit, and read after that was seen. */
  private final AtomicReference<@Nullable Closing> closing = new AtomicReference<>();

  private final SharedFollowers followers = new SharedFollowers();

  private record Entry<T>(long number, T item) {}

  private record Closing(@Nullable Throwable reason) {}

  private SharedBroadcast(String name, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity of " + name + " must be 1 or more: " + capacity);
    }
    this.name = name;
    this.capacity = capacity;
    this.ring = new AtomicReferenceArray<>(capacity);
  }

  /** For all threads, with a ring of {@code capacity} items. */
  public static <T> SharedBroadcast<T> create(int capacity) {
    return new SharedBroadcast<>("shared-broadcast", capacity);
  }

  /**
   * As {@link #create(int)}.
   *
   * @param name for lists of fibers and reports
   */
  public static <T> SharedBroadcast<T> create(String name, int capacity) {
    return new SharedBroadcast<>(name, capacity);
  }

  // ---- publishing

  /**
   * Hands {@code item} to all who subscribe. Never waits.
   *
   * @throws ChannelClosedException if this is closed
   */
  public void publish(T item) {
    Objects.requireNonNull(item, "item");
    long number;
    do {
      number = numbered.get();
      if ((number & CLOSED) != 0) {
        throw new ChannelClosedException(name + " is closed", reason());
      }
    } while (!numbered.compareAndSet(number, number + 1));
    put(new Entry<>(number, item));
    followers.wake();
  }

  /** One that was overtaken by a whole ring is missed by all. */
  private void put(Entry<T> entry) {
    int slot = slot(entry.number);
    Entry<T> before = ring.get(slot);
    while ((before == null || before.number < entry.number)
        && !ring.compareAndSet(slot, before, entry)) {
      before = ring.get(slot);
    }
  }

  private int slot(long number) {
    return (int) (number % capacity);
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
    if (closing.compareAndSet(null, new Closing(why))) {
      long ignored = numbered.getAndUpdate(number -> number | CLOSED);
      followers.wake();
    }
  }

  private @Nullable Throwable reason() {
    Closing known = closing.get();
    return known == null ? null : known.reason;
  }

  /** How many were published. */
  private long published() {
    return numbered.get() & ~CLOSED;
  }

  private boolean isOverAt(long number) {
    return numbered.get() == (number | CLOSED);
  }

  /** Subscribes to what is published from now on. */
  public Subscription<T> subscribe() {
    return new Subscription<>(this);
  }

  @Override
  public String toString() {
    boolean isClosed = (numbered.get() & CLOSED) != 0;
    return name + "[" + published() + " published" + (isClosed ? ", closed]" : "]");
  }

  // ---- subscribing

  /** What one subscriber has read so far. */
  public static final class Subscription<T> {
    private final SharedBroadcast<T> from;
    private final Arrival arrival;
    private long next;

    @SuppressWarnings("this-escape") // used later
    private Subscription(SharedBroadcast<T> from) {
      this.from = from;
      this.next = from.published();
      this.arrival = new Arrival(this);
    }

    /**
     * The next item, or how many were missed, or the end; waits while there is none of them.
     *
     * @throws gyre.CancelledException if the calling fiber is cancelled, or the calling thread
     *     interrupted; nothing was read
     */
    public BroadcastEvent<T> next() {
      SharedWait.checkCancelled();
      BroadcastEvent<T> heard = read();
      if (heard == null) {
        SharedWait wait = new SharedWait(null);
        do {
          boolean ignored = wait.until(arrival);
          heard = read();
        } while (heard == null);
      }
      return heard;
    }

    /** As {@link #next()}, but for at most {@code limit}: empty if nothing came by then. */
    public Optional<BroadcastEvent<T>> next(Duration limit) {
      SharedWait.checkCancelled();
      SharedWait wait = new SharedWait(Objects.requireNonNull(limit, "limit"));
      BroadcastEvent<T> heard = read();
      while (heard == null && wait.until(arrival)) {
        heard = read();
      }
      return Optional.ofNullable(heard);
    }

    /** Null if there is nothing at present. */
    private @Nullable BroadcastEvent<T> read() {
      Entry<T> entry = from.ring.get(from.slot(next));
      if (entry != null && entry.number == next) {
        next++;
        return new Received.Value<>(entry.item);
      }
      long missed = from.published() - from.capacity - next;
      if (missed > 0) {
        next += missed;
        return new BroadcastEvent.Lagged<>(missed);
      }
      if (!from.isOverAt(next)) {
        return null;
      }
      Throwable why = from.reason();
      return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
    }

    /** Ready while {@link #next()} need not wait. For fibers of any loop. */
    public Source arrived() {
      return arrival;
    }

    private boolean hasNews() {
      Entry<T> entry = from.ring.get(from.slot(next));
      return (entry != null && entry.number >= next) || from.isOverAt(next);
    }

    @Override
    public String toString() {
      return from.name + "[" + (from.published() - next) + " to read]";
    }
  }

  private static final class Arrival extends SharedFollowers.Reader {
    private final Subscription<?> subscription;

    Arrival(Subscription<?> subscription) {
      super(subscription.from.followers);
      this.subscription = subscription;
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
