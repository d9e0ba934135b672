package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.Source;
import gyre.spi.Internals;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hands items from fibers to fibers of one loop, in order, with a bound on how many are under way.
 * A sender that finds no room is parked, so a slow receiver slows down its senders. With a capacity
 * of 0 a sender waits until a receiver has its item: a rendezvous.
 *
 * <pre>{@code
 * Channel<Order> orders = Channel.bounded(100);
 * Fiber.start(() -> {
 *   for (Order order : orders) {
 *     handle(order);
 *   }
 * });
 * orders.send(order);
 * orders.close();         // the receiver gets what is there, then its loop ends
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> on the loop that it was made on; another use throws {@link
 *       IllegalStateException}. Between loops and threads: {@link SharedChannel}.
 *   <li><b>Cancellation:</b> who is cancelled while waiting has sent or received nothing.
 *   <li><b>Closing:</b> from either side. Receivers get what was sent before, then the end. Senders
 *       that wait are refused. What was sent is received or was refused, never lost.
 *   <li><b>Fairness:</b> both senders and receivers are served in the order in which they came. Who
 *       waits by {@link #receivable} or {@link #sendable} comes after those who wait in a call, and
 *       two fibers that wait by these at both sides of a rendezvous do not meet.
 *   <li><b>Cost:</b> a few nanoseconds where nobody has to park. Allocates nothing but the {@link
 *       Received.Value} of {@link #receive}; {@link #take} and {@code for} need none.
 * </ul>
 *
 * <p>It need not be closed: it holds memory alone.
 */
public final class Channel<T> implements Sender<T>, Receiver<T> {
  private enum State {
    OPEN,
    CLOSED
  }

  private final Loop loop;
  private final String name;
  private final int capacity;
  private final @Nullable Object[] ring;
  private int head;
  private int size;

  /** In whose places stand what does not fit into the ring: not empty only while that is full. */
  private final Line<T> senders;

  /** Not empty only while there is nothing to receive. */
  private final Line<T> receivers;

  private final Level sendable;
  private final Level receivable;
  private State state = State.OPEN;
  private @Nullable Throwable reason;

  @SuppressWarnings("this-escape") // used later
  private Channel(String name, int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity of " + name + " is negative: " + capacity);
    }
    this.loop = Loop.current();
    this.name = name;
    this.capacity = capacity;
    this.ring = new Object[capacity];
    this.sendable = new Level(this::canSend, () -> "waiting for room in " + this);
    this.receivable = new Level(this::canReceive, () -> "waiting for an item of " + this);
    this.senders = new Line<>(receivable::wakeFirst, () -> "sending to " + this);
    this.receivers = new Line<>(sendable::wakeFirst, () -> "receiving from " + this);
  }

  /** A channel for fibers of the calling loop, in which at most {@code capacity} items wait. */
  public static <T> Channel<T> bounded(int capacity) {
    return new Channel<>("channel", capacity);
  }

  /**
   * As {@link #bounded(int)}.
   *
   * @param name for lists of fibers and reports
   */
  public static <T> Channel<T> bounded(String name, int capacity) {
    return new Channel<>(name, capacity);
  }

  /** A channel without room: each sender waits until a receiver has its item. */
  public static <T> Channel<T> rendezvous() {
    return bounded(0);
  }

  // ---- sending

  @Override
  public void send(T item) {
    Fiber<?> caller = caller();
    switch (offer(item)) {
      case SENT -> {}
      case FULL -> parkToSend(caller, item);
      case CLOSED -> throw refusal();
    }
  }

  private void parkToSend(Fiber<?> caller, T item) {
    Place<T> place = senders.open(item);
    try {
      Internals.await(caller, place);
      if (!place.isDone()) {
        throw refusal();
      }
    } finally {
      senders.release(place);
    }
  }

  @Override
  public Sent trySend(T item) {
    Internals.checkThread(loop);
    return offer(item);
  }

  Sent offer(T item) {
    Objects.requireNonNull(item, "item");
    if (state != State.OPEN) {
      return Sent.CLOSED;
    }
    Place<T> receiver = receivers.settleFirst();
    if (receiver != null) {
      receiver.give(item);
      return Sent.SENT;
    }
    if (size == capacity) {
      return Sent.FULL;
    }
    append(item);
    receivable.wakeFirst();
    return Sent.SENT;
  }

  // ---- receiving

  @Override
  public Received<T> receive() {
    T item = next();
    return item == null ? end() : new Received.Value<>(item);
  }

  @Override
  public T take() {
    T item = next();
    if (item == null) {
      throw refusal();
    }
    return item;
  }

  @Override
  public TryReceived<T> tryReceive() {
    Internals.checkThread(loop);
    T item = poll();
    return item != null
        ? new Received.Value<>(item)
        : state == State.OPEN ? TryReceived.Empty.instance() : end();
  }

  /** The next item, waiting for it; null at the end. */
  private @Nullable T next() {
    Fiber<?> caller = caller();
    T item = poll();
    return item != null || state != State.OPEN ? item : parkToReceive(caller);
  }

  private @Nullable T parkToReceive(Fiber<?> caller) {
    Place<T> place = receivers.open(null);
    try {
      Internals.await(caller, place);
      return place.isDone() ? place.item() : null;
    } finally {
      receivers.release(place);
    }
  }

  /** The next item, or null if there is none. */
  @Nullable T poll() {
    if (size == 0) {
      Place<T> sender = senders.settleFirst();
      return sender == null ? null : sender.item();
    }
    @SuppressWarnings("unchecked") // put there as T
    T item = (T) ring[head];
    ring[head] = null;
    head = head + 1 == capacity ? 0 : head + 1;
    size--;
    Place<T> sender = senders.settleFirst();
    if (sender == null) {
      sendable.wakeFirst();
    } else {
      append(sender.item());
    }
    return item;
  }

  Received<T> end() {
    assert state != State.OPEN && size == 0;
    Throwable why = reason;
    return why == null ? Received.Closed.instance() : new Received.Failed<>(why);
  }

  @Override
  public Iterator<T> iterator() {
    return new ReceivedItems<>(
        this::next,
        () -> {
          if (reason != null) {
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
    Internals.checkThread(loop);
    if (state != State.OPEN) {
      return;
    }
    state = State.CLOSED;
    reason = why;
    senders.refuseAll();
    receivers.refuseAll();
    sendable.wakeAll();
    receivable.wakeAll();
  }

  @Override
  public boolean isClosed() {
    Internals.checkThread(loop);
    return state != State.OPEN;
  }

  // ---- looking

  /** Ready while {@link #trySend} would not answer {@link Sent#FULL}. */
  public Source sendable() {
    return sendable;
  }

  /** Ready while {@link #tryReceive} would not answer {@link TryReceived.Empty}. */
  public Source receivable() {
    return receivable;
  }

  @Override
  public int size() {
    Internals.checkThread(loop);
    return size;
  }

  public int capacity() {
    return capacity;
  }

  @Override
  public String toString() {
    return name + "[" + size + " of " + capacity + (state == State.OPEN ? "]" : ", closed]");
  }

  // ---- for select

  Line<T> senders() {
    return senders;
  }

  Line<T> receivers() {
    return receivers;
  }

  boolean isOver() {
    return state != State.OPEN && size == 0;
  }

  ChannelClosedException refusal() {
    return new ChannelClosedException(name + " is closed", reason);
  }

  // ---- inside

  private Fiber<?> caller() {
    Fiber<?> caller = Internals.callerOn(loop);
    Internals.checkCancelled(caller);
    return caller;
  }

  private void append(T item) {
    assert size < capacity;
    int place = head + size;
    ring[place >= capacity ? place - capacity : place] = item;
    size++;
  }

  private boolean canSend() {
    return size < capacity || state != State.OPEN || receivers.hasWaiting();
  }

  private boolean canReceive() {
    return size > 0 || state != State.OPEN || senders.hasWaiting();
  }
}
