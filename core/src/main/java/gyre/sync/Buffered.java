package gyre.sync;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An {@link Exchange} over a ring: who finds room, or an item, does not wait. */
final class Buffered<T> implements Exchange<T> {
  private final SharedRing<T> ring;
  private final SharedLine senders;
  private final SharedLine receivers;

  @SuppressWarnings("this-escape") // used later
  Buffered(int capacity, Supplier<String> sending, Supplier<String> receiving) {
    this.ring = new SharedRing<>(capacity);
    this.senders = new SharedLine(ring::hasRoom, sending);
    this.receivers = new SharedLine(this::canReceive, receiving);
  }

  @Override
  public Sent offer(T item) {
    Sent sent = ring.offer(item);
    if (sent == Sent.SENT) {
      receivers.wakeOne();
      senders.handOn();
    }
    return sent;
  }

  @Override
  public @Nullable T poll() {
    T item = ring.poll();
    if (item != null) {
      senders.wakeOne();
      receivers.handOn();
    }
    return item;
  }

  @Override
  public Sent send(T item, SharedWait wait) {
    Sent sent = Sent.FULL;
    while (sent == Sent.FULL && wait.until(senders)) {
      sent = offer(item);
    }
    return sent;
  }

  @Override
  public @Nullable T receive(SharedWait wait) {
    T item = null;
    while (item == null && !ring.isOver() && wait.until(receivers)) {
      item = poll();
    }
    if (item == null) {
      receivers.handOn(); // the end is for all
    }
    return item;
  }

  @Override
  public void close() {
    ring.close();
    senders.wakeAll();
    receivers.wakeAll();
  }

  private boolean canReceive() {
    return ring.hasItem() || ring.isOver();
  }

  @Override
  public boolean isClosed() {
    return ring.isClosed();
  }

  @Override
  public boolean isOver() {
    return ring.isOver();
  }

  @Override
  public SharedLine sendable() {
    return senders;
  }

  @Override
  public SharedLine receivable() {
    return receivers;
  }

  @Override
  public int size() {
    return ring.size();
  }

  @Override
  public int capacity() {
    return ring.capacity();
  }
}
