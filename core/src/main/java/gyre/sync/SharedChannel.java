package gyre.sync;

import gyre.Source;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Channel} between threads: fibers of any loop and plain threads send and receive. Fibers
 * are parked where they have to wait, and plain threads are blocked. With a capacity of 0 a sender
 * waits until a receiver has its item: a rendezvous.
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
 *       waits has sent or received nothing; both get {@link gyre.CancelledException}. The interrupt
 *       of a plain thread stays pending.
 *   <li><b>Closing:</b> from any side. No item comes in after it; receivers get all that did, then
 *       the end. Who waits to send is refused. What was sent is received or was refused.
 *   <li><b>Fairness:</b> items of one sender stay in order. Who waits is woken in order, but one
 *       who runs may be quicker than one who has been woken. With a capacity of 0 both sides are
 *       served in the order in which they came; who waits by {@link #receivable} or {@link
 *       #sendable} comes after those who wait in a call, and two that wait by these at both sides
 *       of a rendezvous do not meet.
 *   <li><b>Cost:</b> no lock and no allocation but for waiting and for {@link Received.Value}. A
 *       receiver that is awake is not woken again. A rendezvous wakes somebody for each item.
 * </ul>
 */
public final class SharedChannel<T> implements Sender<T>, Receiver<T> {
  private final String name;
  private final Exchange<T> items;

  /** Of the first who closes; set before the exchange is closed, and read after that was seen. */
  private final AtomicReference<@Nullable Closing> closing = new AtomicReference<>();

  private record Closing(@Nullable Throwable reason) {}

  @SuppressWarnings("this-escape") // used later
  private SharedChannel(String name, int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity of " + name + " is negative: " + capacity);
    }
    this.name = name;
    Supplier<String> sending = () -> "sending to " + this;
    Supplier<String> receiving = () -> "receiving from " + this;
    this.items =
        capacity == 0
            ? new Rendezvous<>(sending, receiving)
            : new Buffered<>(capacity, sending, receiving);
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

  /** A channel without room: each sender waits until a receiver has its item. */
  public static <T> SharedChannel<T> rendezvous() {
    return bounded(0);
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
    SharedWait.checkCancelled();
    Sent sent = trySend(item);
    return sent == Sent.FULL ? items.send(item, new SharedWait(limit)) : sent;
  }

  @Override
  public Sent trySend(T item) {
    return items.offer(Objects.requireNonNull(item, "item"));
  }

  // ---- receiving

  @Override
  public Received<T> receive() {
    T item = next(null);
    return item == null ? end() : new Received.Value<>(item);
  }

  /**
   * As {@link #receive()}, but for at most {@code limit}: then answers {@link TryReceived.Empty}.
   */
  public TryReceived<T> receive(Duration limit) {
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
  public TryReceived<T> tryReceive() {
    T item = items.poll();
    return item != null ? new Received.Value<>(item) : endOrEmpty();
  }

  private TryReceived<T> endOrEmpty() {
    return items.isOver() ? end() : TryReceived.Empty.instance();
  }

  /** Null at the end, or when the time is up. */
  private @Nullable T next(@Nullable Duration limit) {
    SharedWait.checkCancelled();
    T item = items.poll();
    return item == null ? items.receive(new SharedWait(limit)) : item;
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
      items.close();
    }
  }

  private @Nullable Throwable reason() {
    Closing known = closing.get();
    return known == null ? null : known.reason;
  }

  @Override
  public boolean isClosed() {
    return items.isClosed();
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
    return items.sendable();
  }

  /**
   * Ready while {@link #tryReceive} would not answer {@link TryReceived.Empty}, which may have
   * changed when it is called. For fibers of any loop.
   */
  public Source receivable() {
    return items.receivable();
  }

  /** How many items wait to be received; roughly, while others send and receive. */
  @Override
  public int size() {
    return items.size();
  }

  public int capacity() {
    return items.capacity();
  }

  @Override
  public String toString() {
    return name
        + "["
        + items.size()
        + " of "
        + items.capacity()
        + (items.isClosed() ? ", closed]" : "]");
  }
}
