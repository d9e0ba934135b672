package gyre.sync;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue for many threads at both ends, without locks, that can be closed: after that no
 * item comes in, and what is in it can be told from the end.
 *
 * <p>Each slot has a turn that says whose it is: 2 × n for the producer of item n, 2 × n + 1 for
 * its consumer. A producer owns a slot once it has moved {@link #tail} over it, and gives it away
 * by the turn. Closing sets a bit of {@link #tail} itself, so that no producer can come after it.
 */
final class SharedRing<T> {
  private static final long CLOSED = 1L << 62;

  private final int capacity;

  /** Of a capacity that is a power of two, which saves a division; or negative. */
  private final int mask;

  private final AtomicLongArray turns;
  private final @Nullable Object[] items;

  /** Which item is taken next. */
  private final PaddedLong head;

  /** Which item comes next, and {@link #CLOSED}. */
  private final PaddedLong tail;

  SharedRing(int capacity) {
    this.capacity = capacity;
    this.mask = Integer.bitCount(capacity) == 1 ? capacity - 1 : -1;
    this.turns = new AtomicLongArray(capacity);
    this.items = new Object[capacity];
    this.head = new PaddedLong();
    this.tail = new PaddedLong();
    for (int i = 0; i < capacity; i++) {
      turns.setPlain(i, 2L * i);
    }
  }

  private int slot(long at) {
    return mask >= 0 ? (int) at & mask : (int) (at % capacity);
  }

  Sent offer(T item) {
    long at = tail.get();
    while ((at & CLOSED) == 0) {
      int slot = slot(at);
      if (turns.getAcquire(slot) != 2 * at) {
        long now = tail.get();
        if (now == at) {
          return Sent.FULL;
        }
        at = now;
      } else if (tail.compareAndSet(at, at + 1)) {
        items[slot] = item;
        turns.setRelease(slot, 2 * at + 1);
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
      int slot = slot(at);
      if (turns.getAcquire(slot) != 2 * at + 1) {
        long now = head.get();
        if (now == at) {
          return null;
        }
        at = now;
      } else if (head.compareAndSet(at, at + 1)) {
        @SuppressWarnings("unchecked") // put there as T
        T item = (T) items[slot];
        items[slot] = null;
        turns.setRelease(slot, 2 * (at + capacity));
        return item;
      } else {
        at = head.get();
      }
    }
  }

  /** Whether {@link #poll} would give something. Sees what was offered before, not only begun. */
  boolean hasItem() {
    long at = head.get();
    return turns.getAcquire(slot(at)) == 2 * at + 1;
  }

  /** Whether {@link #offer} would not answer {@link Sent#FULL}. */
  boolean hasRoom() {
    long at = tail.get();
    return (at & CLOSED) != 0 || turns.getAcquire(slot(at)) == 2 * at;
  }

  void close() {
    long ignored = tail.getAndSetBits(CLOSED);
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
