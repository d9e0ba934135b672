package gyre.sync;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Source;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Channel} between threads: fibers of any loop and plain threads send and receive. Fibers
 * are parked where they have to wait, and plain threads are blocked.
 *
 * <pre>{@code
 * SharedChannel<Job> jobs = SharedChannel.bounded(1024);
 * // on one loop
 * jobs.send(job);
 * // on another loop, or on a thread
 * for (Job job : jobs) {
 *   work(job);
 * }
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> everything may be called from any thread. What was done before an item was
 *       sent is seen by who has received it.
 *   <li><b>Cancellation:</b> a fiber that is cancelled, or a thread that is interrupted, while it
 *       waits has sent or received nothing; both get {@link CancelledException}. The interrupt of a
 *       plain thread stays pending.
 *   <li><b>Closing:</b> from any side. No item comes in after it; receivers get all that did, then
 *       the end. Who waits to send is refused. What was sent is received or was refused.
 *   <li><b>Fairness:</b> items of one sender stay in order. Who waits is woken in order, but one
 *       who runs may be quicker than one who has been woken.
 *   <li><b>Cost:</b> no lock and no allocation but for waiting and for {@link Received.Value}. A
 *       receiver that is awake is not woken again.
 * </ul>
 *
 * <p>A capacity of 0 is refused: whether a receiver on another thread has really gone on with an
 * item cannot be known at the moment of sending. Where a sender must know, let the item carry a
 * channel for the answer.
 */
public final class SharedChannel<T> implements Sender<T>, Receiver<T> {
  private final String name;
  private final SharedRing<T> ring;
  private final SharedLine senders;
  private final SharedLine receivers;

  /** Of the first who closes; set before the ring is closed, and read after that was seen. */
  private final AtomicReference<@Nullable Closing> closing = new AtomicReference<>();

  private record Closing(@Nullable Throwable reason) {}

  @SuppressWarnings("this-escape") // used later
  private SharedChannel(String name, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException(
          "capacity of " + name + " must be 1 or more between threads: " + capacity);
    }
    this.name = name;
    this.ring = new SharedRing<>(capacity);
    this.senders = new SharedLine(ring::hasRoom, () -> "sending to " + this);
    this.receivers = new SharedLine(this::canReceive, () -> "receiving from " + this);
  }

  /** A channel for all threads, in which at most {@code capacity} items wait. */
  public static <T> SharedChannel<T> bounded(int capacity) {
    return new SharedChannel<>("shared-channel", capacity);
  }

  /**
   * As {@link #bounded(int)}.
   *
   * @param name for lists of fibers and reports
   */
  public static <T> SharedChannel<T> bounded(String name, int capacity) {
    return new SharedChannel<>(name, capacity);
  }

  // ---- sending

  @Override
  public void send(T item) {
    if (sendWithin(item, null) == Sent.CLOSED) {
      throw refusal();
    }
  }

  /** As {@link #send(Object)}, but for at most {@code limit}: then answers {@link Sent#FULL}. */
  public Sent send(T item, Duration limit) {
    return sendWithin(item, Objects.requireNonNull(limit, "limit"));
  }

  private Sent sendWithin(T item, @Nullable Duration limit) {
    checkCancelled();
    Sent sent = trySend(item);
    if (sent == Sent.FULL) {
      Wait wait = new Wait(limit);
      while (sent == Sent.FULL && wait.until(senders)) {
        sent = trySend(item);
      }
    }
    return sent;
  }

  /** A channel that is always ready must not keep a fiber from seeing that it is to end. */
  private static void checkCancelled() {
    if (Thread.currentThread().isVirtual() && Internals.isFiber()) {
      Internals.checkCancelled(Fiber.current());
    }
  }

  @Override
  public Sent trySend(T item) {
    Sent sent = ring.offer(Objects.requireNonNull(item, "item"));
    if (sent == Sent.SENT) {
      receivers.wakeOne();
      senders.handOn();
    }
    return sent;
  }

  // ---- receiving

  @Override
  public Received<T> receive() {
    T item = next(null);
    return item == null ? end() : new Received.Value<>(item);
  }

  /** As {@link #receive()}, but for at most {@code limit}: then answers {@link Polled.Empty}. */
  public Polled<T> receive(Duration limit) {
    T item = next(Objects.requireNonNull(limit, "limit"));
    return item != null ? new Received.Value<>(item) : endOrEmpty();
  }

  @Override
  public T take() {
    T item = next(null);
    if (item == null) {
      throw refusal();
    }
    return item;
  }

  @Override
  public Polled<T> tryReceive() {
    T item = poll();
    return item != null ? new Received.Value<>(item) : endOrEmpty();
  }

  private Polled<T> endOrEmpty() {
    return ring.isOver() ? end() : Polled.Empty.instance();
  }

  /** Null at the end, or when the time is up. */
  private @Nullable T next(@Nullable Duration limit) {
    checkCancelled();
    T item = poll();
    if (item == null) {
      Wait wait = new Wait(limit);
      while (item == null && !ring.isOver() && wait.until(receivers)) {
        item = poll();
      }
    }
    if (item == null) {
      receivers.handOn(); // the end is for all
    }
    return item;
  }

  private @Nullable T poll() {
    T item = ring.poll();
    if (item != null) {
      senders.wakeOne();
      receivers.handOn();
    }
    return item;
  }

  Received<T> end() {
    Throwable why = reason();
    return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
  }

  @Override
  public Iterator<T> iterator() {
    return new ReceivedItems<>(
        () -> next(null),
        () -> {
          if (reason() != null) {
            throw refusal();
          }
        });
  }

  // ---- closing

  @Override
  public void close() {
    end(null);
  }

  @Override
  public void close(Throwable why) {
    end(Objects.requireNonNull(why, "reason"));
  }

  private void end(@Nullable Throwable why) {
    if (closing.compareAndSet(null, new Closing(why))) {
      ring.close();
      senders.wakeAll();
      receivers.wakeAll();
    }
  }

  private @Nullable Throwable reason() {
    Closing known = closing.get();
    return known == null ? null : known.reason;
  }

  @Override
  public boolean isClosed() {
    return ring.isClosed();
  }

  private ChannelClosedException refusal() {
    return new ChannelClosedException(name + " is closed", reason());
  }

  // ---- looking

  /**
   * Ready while {@link #trySend} would not answer {@link Sent#FULL}, which may have changed when it
   * is called. For fibers of any loop.
   */
  public Source sendable() {
    return senders;
  }

  /**
   * Ready while {@link #tryReceive} would not answer {@link Polled.Empty}, which may have changed
   * when it is called. For fibers of any loop.
   */
  public Source receivable() {
    return receivers;
  }

  private boolean canReceive() {
    return ring.hasItem() || ring.isOver();
  }

  /** How many items wait to be received; roughly, while others send and receive. */
  @Override
  public int size() {
    return ring.size();
  }

  public int capacity() {
    return ring.capacity();
  }

  @Override
  public String toString() {
    return name
        + "["
        + ring.size()
        + " of "
        + ring.capacity()
        + (ring.isClosed() ? ", closed]" : "]");
  }

  /** Waiting by whoever calls, for one call: the time begins with the first wait. */
  private static final class Wait {
    private final @Nullable Duration limit;
    private @Nullable Deadline deadline;
    private long deadlineNanos;
    private boolean hasBegun;

    Wait(@Nullable Duration limit) {
      this.limit = limit;
    }

    /** Until {@code line} is ready, or false when the time is up. */
    boolean until(SharedLine line) {
      return Internals.isFiber() ? park(line) : block(line);
    }

    private boolean park(SharedLine line) {
      if (limit == null) {
        Fiber.await(line);
        return true;
      }
      Deadline end = deadline;
      if (end == null) {
        end = Deadline.in(limit);
        deadline = end;
      }
      return !end.equals(Fiber.awaitFirst(line, end)) || line.isReady();
    }

    private boolean block(SharedLine line) {
      if (!hasBegun) {
        hasBegun = true;
        deadlineNanos = limit == null ? Long.MAX_VALUE : System.nanoTime() + saturatedNanos(limit);
      }
      try {
        return line.block(deadlineNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("the thread was interrupted while " + e.getMessage(), e);
      }
    }

    /** Half of the range, so that no deadline overflows. */
    private static long saturatedNanos(Duration limit) {
      try {
        return Math.min(limit.toNanos(), Long.MAX_VALUE / 2);
      } catch (ArithmeticException e) {
        return Long.MAX_VALUE / 2;
      }
    }
  }
}
