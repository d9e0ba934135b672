package gyre.sync;

import gyre.CancelledException;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SharedChannel} without room: senders and receivers of any threads meet, first come first
 * served at both sides. Who comes first opens a place and waits in it; who comes second takes from
 * the place, or gives into it, and never waits.
 *
 * <p>A lock guards the two lines, held for some instructions and never while somebody waits or is
 * woken: each item costs a switch of fibers or threads anyway, beside which a lock is nothing. What
 * it buys is that an item changes hands at one moment: a receiver that is cancelled either has left
 * before, and the sender goes on waiting, or it has the item and returns it.
 */
final class Rendezvous<T> implements Exchange<T> {
  private final Object lock = new Object();

  /** One of these two is empty, but for places whose loop is closed. */
  private final ArrayDeque<SharedPlace<T>> senders = new ArrayDeque<>();

  private final ArrayDeque<SharedPlace<T>> receivers = new ArrayDeque<>();
  private final Supplier<String> sending;
  private final Supplier<String> receiving;

  /** For those who wait for a moment to act, and stand in no line. */
  private final SharedLine sendable;

  private final SharedLine receivable;
  private boolean isClosed;

  Rendezvous(Supplier<String> sending, Supplier<String> receiving) {
    this.sending = sending;
    this.receiving = receiving;
    this.sendable = new SharedLine(this::canSend, sending);
    this.receivable = new SharedLine(this::canReceive, receiving);
  }

  // ---- without waiting

  /** Gives {@code item} to the receiver that has waited for longest. */
  @Override
  public Sent offer(T item) {
    SharedPlace<T> receiver;
    synchronized (lock) {
      if (isClosed) {
        return Sent.CLOSED;
      }
      receiver = firstOf(receivers, item);
    }
    if (receiver == null) {
      return Sent.FULL;
    }
    receiver.wake();
    return Sent.SENT;
  }

  /** Takes the item of the sender that has waited for longest; null if none waits. */
  @Override
  public @Nullable T poll() {
    SharedPlace<T> sender;
    synchronized (lock) {
      sender = firstOf(senders, null);
    }
    return sender == null ? null : taken(sender);
  }

  private static <T> @Nullable SharedPlace<T> firstOf(
      ArrayDeque<SharedPlace<T>> line, @Nullable T given) {
    for (SharedPlace<T> first = line.poll(); first != null; first = line.poll()) {
      if (first.settle(given)) {
        return first;
      }
    }
    return null;
  }

  private static <T> T taken(SharedPlace<T> sender) {
    T item = sender.item();
    sender.wake();
    return item;
  }

  // ---- with waiting

  @Override
  public Sent send(T item, SharedWait wait) {
    SharedPlace<T> receiver;
    SharedPlace<T> mine = null;
    synchronized (lock) {
      if (isClosed) {
        return Sent.CLOSED;
      }
      receiver = firstOf(receivers, item);
      if (receiver == null) {
        mine = new SharedPlace<>(item, sending);
        senders.add(mine);
      }
    }
    if (receiver != null) {
      receiver.wake();
      return Sent.SENT;
    }
    assert mine != null;
    receivable.wakeOne();
    await(mine, senders, wait);
    return mine.isDone() ? Sent.SENT : mine.isRefused() ? Sent.CLOSED : Sent.FULL;
  }

  /** Null when it is closed, or the time is up. */
  @Override
  public @Nullable T receive(SharedWait wait) {
    SharedPlace<T> sender;
    SharedPlace<T> mine = null;
    synchronized (lock) {
      sender = firstOf(senders, null);
      if (sender == null) {
        if (isClosed) {
          return null;
        }
        mine = new SharedPlace<>(null, receiving);
        receivers.add(mine);
      }
    }
    if (sender != null) {
      return taken(sender);
    }
    assert mine != null;
    sendable.wakeOne();
    await(mine, receivers, wait);
    return mine.isDone() ? mine.item() : null;
  }

  /** Who was settled before it could leave has taken part: its cancellation is seen later. */
  private void await(SharedPlace<T> mine, ArrayDeque<SharedPlace<T>> line, SharedWait wait) {
    boolean isOver = false;
    try {
      isOver = wait.until(mine);
    } catch (CancelledException e) {
      if (leave(mine, line)) {
        throw e;
      }
      return;
    }
    if (!isOver) {
      boolean ignored = leave(mine, line);
    }
  }

  private boolean leave(SharedPlace<T> mine, ArrayDeque<SharedPlace<T>> line) {
    synchronized (lock) {
      if (mine.isReady()) {
        return !mine.isDone();
      }
      mine.leave();
      boolean ignored = line.remove(mine);
      return true;
    }
  }

  // ---- closing and looking

  @Override
  public void close() {
    ArrayDeque<SharedPlace<T>> refused = new ArrayDeque<>();
    synchronized (lock) {
      isClosed = true;
      refused.addAll(senders);
      refused.addAll(receivers);
      senders.clear();
      receivers.clear();
      refused.forEach(SharedPlace::refuse);
    }
    refused.forEach(SharedPlace::wake);
    sendable.wakeAll();
    receivable.wakeAll();
  }

  @Override
  public boolean isClosed() {
    synchronized (lock) {
      return isClosed;
    }
  }

  private boolean canSend() {
    synchronized (lock) {
      return isClosed || !receivers.isEmpty();
    }
  }

  private boolean canReceive() {
    synchronized (lock) {
      return isClosed || !senders.isEmpty();
    }
  }

  @Override
  public SharedLine sendable() {
    return sendable;
  }

  @Override
  public SharedLine receivable() {
    return receivable;
  }

  @Override
  public boolean isOver() {
    return isClosed(); // nothing is ever left in it
  }

  @Override
  public int size() {
    return 0;
  }

  @Override
  public int capacity() {
    return 0;
  }
}
