package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.Source;
import gyre.spi.Internals;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value of which only the latest counts, as a configuration or a state: those who look at it can
 * wait until it changes. Each {@link View} knows which version it has seen, so a change between
 * reading and waiting is not missed. Changes that come faster than a view reads are seen as one.
 *
 * <pre>{@code
 * Watch<Config> config = Watch.create(initial);
 * Watch.View<Config> view = config.view();
 * use(view.get());
 * config.set(changed);
 * while (view.next() instanceof Received.Value(Config latest)) {
 *   use(latest);
 * }
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> on the loop that it was made on. A view is for one fiber at a time.
 *   <li><b>Cancellation:</b> a view whose fiber is cancelled while it waits has seen nothing new.
 *   <li><b>Closing:</b> by the writer; views get the last value if they have not seen it, then the
 *       end.
 *   <li><b>Fairness:</b> those that wait are woken one after the other, each at most once a change.
 *   <li><b>Cost:</b> a change is a write and at most one wake-up, however many views there are. No
 *       timer, and nothing to close.
 * </ul>
 */
public final class Watch<T> {
  private final Loop loop = Loop.current();
  private final Followers followers = new Followers();
  private T value;
  private long version = 1;
  private boolean closed;
  private @Nullable Throwable reason;

  private Watch(T initial) {
    this.value = Objects.requireNonNull(initial, "initial");
  }

  /** For fibers of the calling loop. */
  public static <T> Watch<T> create(T initial) {
    return new Watch<>(initial);
  }

  /**
   * Replaces the value. Never waits.
   *
   * @throws ChannelClosedException if this is closed
   */
  public void set(T next) {
    Internals.checkThread(loop);
    Objects.requireNonNull(next, "value");
    if (closed) {
      throw new ChannelClosedException("watch is closed", reason);
    }
    value = next;
    version++;
    followers.wakeFirst();
  }

  public T get() {
    Internals.checkThread(loop);
    return value;
  }

  /** Counts the values: 1 is the first. */
  public long version() {
    Internals.checkThread(loop);
    return version;
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
    Internals.checkThread(loop);
    if (!closed) {
      closed = true;
      reason = why;
      followers.wakeFirst();
    }
  }

  /** A view that has seen the present value. */
  public View<T> view() {
    Internals.checkThread(loop);
    return new View<>(this);
  }

  @Override
  public String toString() {
    return "watch[version " + version + (closed ? ", closed]" : "]");
  }

  /** What one reader has seen. */
  public static final class View<T> {
    private final Watch<T> of;
    private final Change change;
    private long seen;

    @SuppressWarnings("this-escape") // used later
    private View(Watch<T> of) {
      this.of = of;
      this.seen = of.version;
      this.change = new Change(this);
    }

    /** The latest value, which counts as seen. Never waits. */
    public T get() {
      Internals.checkThread(of.loop);
      seen = of.version;
      return of.value;
    }

    /**
     * The latest value if this view has not seen it, or the end; waits while there is neither.
     *
     * @throws gyre.CancelledException if the calling fiber is cancelled; nothing was seen
     */
    public Received<T> next() {
      Fiber<?> caller = Internals.callerOn(of.loop);
      Internals.checkCancelled(caller);
      if (!hasNews()) {
        Internals.await(caller, change);
      }
      if (seen < of.version) {
        return new Received.Value<>(get());
      }
      Throwable why = of.reason;
      return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
    }

    /** Ready while {@link #next} need not wait. */
    public Source changed() {
      return change;
    }

    private boolean hasNews() {
      return seen < of.version || of.closed;
    }
  }

  private static final class Change extends Follower {
    private final View<?> view;

    Change(View<?> view) {
      this.view = view;
    }

    @Override
    Followers place() {
      return view.of.followers;
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
