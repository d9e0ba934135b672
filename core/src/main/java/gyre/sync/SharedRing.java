package gyre.sync;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue for many threads at both ends, without locks, that can be closed: after that no
 * item comes in, and what is in it can be told from the end.
 *
 * <p>Each slot has a turn that says whose it is: 2 × lap for the producer of that lap, 2 × lap + 1
 * for its consumer. A producer owns a slot once it has moved {@link #tail} over it, and gives it
 * away by the turn. Closing sets a bit of {@link #tail} itself, so that no producer can come after
 * it.
 */
final class SharedRing<T> {
  private static final long CLOSED = 1L << 62;

  private final int capacity;
  private final AtomicLongArray turns;
  private final @Nullable Object[] items;

  /** Which item is taken next. */
  private final AtomicLong head;

  /** Which item comes next, and {@link #CLOSED}. */
  private final AtomicLong tail;

  SharedRing(int capacity) {
    this.capacity = capacity;
    this.turns = new AtomicLongArray(capacity);
    this.items = new Object[capacity];
    this.head = new AtomicLong();
    this.tail = new AtomicLong();
  }

  Sent offer(T item) {
    long at = tail.get();
    while ((at & CLOSED) == 0) {
      int slot = (int) (at % capacity);
      long mine = at / capacity * 2;
      if (turns.getAcquire(slot) != mine) {
        long now = tail.get();
        if (now == at) {
          return Sent.FULL;
        }
        at = now;
      } else if (tail.compareAndSet(at, at + 1)) {
        items[slot] = item;
        turns.setRelease(slot, mine + 1);
        return Sent.SENT;
      } else {
        at = tail.get();
      }
    }
    return Sent.CLOSED;
  }

  @Nullable T poll() {
    long at = head.get();
    while (true) {
      int slot = (int) (at % capacity);
      long mine = at / capacity * 2 + 1;
      if (turns.getAcquire(slot) != mine) {
        long now = head.get();
        if (now == at) {
          return null;
        }
        at = now;
      } else if (head.compareAndSet(at, at + 1)) {
        @SuppressWarnings("unchecked") // put there as T
        T item = (T) items[slot];
        items[slot] = null;
        turns.setRelease(slot, mine + 1);
        return item;
      } else {
        at = head.get();
      }
    }
  }

  /** Whether {@link #poll} would give something. Sees what was offered before, not only begun. */
  boolean hasItem() {
    long at = head.get();
    return turns.getAcquire((int) (at % capacity)) == at / capacity * 2 + 1;
  }

  /** Whether {@link #offer} would not answer {@link Sent#FULL}. */
  boolean hasRoom() {
    long at = tail.get();
    return (at & CLOSED) != 0 || turns.getAcquire((int) (at % capacity)) == at / capacity * 2;
  }

  void close() {
    long ignored = tail.getAndUpdate(at -> at | CLOSED);
  }

  boolean isClosed() {
    return (tail.get() & CLOSED) != 0;
  }

  /** Whether it is closed, and every item that came in was taken. */
  boolean isOver() {
    long end = tail.get();
    return (end & CLOSED) != 0 && head.get() == (end & ~CLOSED);
  }

  /** How many are in it, roughly where others are at work. */
  int size() {
    long taken = head.get();
    long come = tail.get() & ~CLOSED;
    return (int) Math.clamp(come - taken, 0L, capacity);
  }

  int capacity() {
    return capacity;
  }
}
