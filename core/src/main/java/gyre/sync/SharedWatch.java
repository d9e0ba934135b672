package gyre.sync;

import gyre.Source;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Watch} between threads: set, read and awaited on any loop and plain thread.
 *
 * <pre>{@code
 * SharedWatch<Config> config = SharedWatch.create(initial);
 * // on each loop
 * SharedWatch.View<Config> view = config.view();
 * while (view.next() instanceof Received.Value(Config latest)) {
 *   use(latest);
 * }
 * // on whatever thread
 * config.set(changed);
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> everything may be called from any thread. What was done before a value was
 *       set is seen by who has got it. A view is for one fiber or thread at a time: fibers are
 *       parked where they have to wait, and plain threads are blocked.
 *   <li><b>Cancellation:</b> a view whose fiber is cancelled, or whose thread is interrupted, while
 *       it waits has seen nothing new; both get {@link gyre.CancelledException}. The interrupt of a
 *       plain thread stays pending.
 *   <li><b>Closing:</b> by whoever writes; views get the last value if they have not seen it, then
 *       the end.
 *   <li><b>Fairness:</b> those that wait are told at once on every loop, and one after the other
 *       within a loop, each at most once a change.
 *   <li><b>Cost:</b> reading is one volatile read. A change is a small object, and a wake-up for
 *       each loop on which somebody waits and for each plain thread that does, however many views
 *       there are. Nothing to close.
 * </ul>
 */
public final class SharedWatch<T> {
  private final SharedFollowers followers = new SharedFollowers();
  private final AtomicReference<Current<T>> current;

  private record Current<T>(
      T value, long version, boolean isClosed, @Nullable Throwable closeReason) {}

  private SharedWatch(T initial) {
    Objects.requireNonNull(initial, "initial");
    this.current = new AtomicReference<>(new Current<>(initial, 1, false, null));
  }

  /** For all threads. */
  public static <T> SharedWatch<T> create(T initial) {
    return new SharedWatch<>(initial);
  }

  /**
   * Replaces the value. Never waits. Of several that do so at once, one is the last.
   *
   * @throws ChannelClosedException if this is closed
   */
  public void set(T next) {
    Objects.requireNonNull(next, "value");
    Current<T> before;
    do {
      before = current.get();
      if (before.isClosed) {
        throw new ChannelClosedException("watch is closed", before.closeReason);
      }
    } while (!current.compareAndSet(before, new Current<>(next, before.version + 1, false, null)));
    followers.wake();
  }

  public T get() {
    return current.get().value;
  }

  /** Counts the values: 1 is the first. */
  public long version() {
    return current.get().version;
  }

  /** The value will not change any more. Has no effect the second time. */
  public void close() {
    end(null);
  }

  /** As {@link #close()}, with a reason, which views get after the last value. */
  public void close(Throwable why) {
    end(Objects.requireNonNull(why, "reason"));
  }

  private void end(@Nullable Throwable why) {
    Current<T> ignored =
        current.updateAndGet(
            now -> now.isClosed ? now : new Current<>(now.value, now.version, true, why));
    followers.wake();
  }

  /** A view that has seen the present value. */
  public View<T> view() {
    return new View<>(this);
  }

  @Override
  public String toString() {
    Current<T> now = current.get();
    return "watch[version " + now.version + (now.isClosed ? ", closed]" : "]");
  }

  /** What one reader has seen. */
  public static final class View<T> {
    private final SharedWatch<T> of;
    private final Change change;
    private long seen;

    @SuppressWarnings("this-escape") // used later
    private View(SharedWatch<T> of) {
      this.of = of;
      this.seen = of.version();
      this.change = new Change(this);
    }

    /** The latest value, which counts as seen. Never waits. */
    public T get() {
      Current<T> now = of.current.get();
      seen = now.version;
      return now.value;
    }

    /**
     * The latest value if this view has not seen it, or the end; waits while there is neither.
     *
     * @throws gyre.CancelledException if the calling fiber is cancelled, or the calling thread
     *     interrupted; nothing was seen
     */
    public Received<T> next() {
      SharedWait wait = new SharedWait(null);
      while (true) {
        if (next(wait) instanceof Received<T> received) {
          return received;
        }
      }
    }

    /**
     * As {@link #next()}, but for at most {@code limit}: then answers {@link TryReceived.Empty}.
     */
    public TryReceived<T> next(Duration limit) {
      return next(new SharedWait(Objects.requireNonNull(limit, "limit")));
    }

    private TryReceived<T> next(SharedWait wait) {
      SharedWait.checkCancelled();
      if (!hasNews() && !wait.until(change)) {
        return TryReceived.Empty.instance();
      }
      Current<T> now = of.current.get();
      if (seen < now.version) {
        seen = now.version;
        return new Received.Value<>(now.value);
      }
      Throwable why = now.closeReason;
      return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
    }

    /** Ready while {@link #next()} need not wait. For fibers of any loop. */
    public Source changed() {
      return change;
    }

    private boolean hasNews() {
      Current<T> now = of.current.get();
      return seen < now.version || now.isClosed;
    }
  }

  private static final class Change extends SharedFollowers.Reader {
    private final View<?> view;

    Change(View<?> view) {
      super(view.of.followers);
      this.view = view;
    }

    @Override
    public boolean isReady() {
      return view.hasNews();
    }

    @Override
    public String doing() {
      return "waiting for a change of " + view.of;
    }
  }
}
