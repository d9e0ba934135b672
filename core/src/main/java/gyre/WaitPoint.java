package gyre;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Source} with its waiters, first come first served. For those who make sources: say what
 * {@link #isReady} and {@link #doing} are, and call {@link #wakeFirst} whenever the level becomes
 * true for one waiter, or {@link #wakeAll} when it does for all.
 *
 * <p>Waking a waiter takes it off the list. If it then leaves without claiming (its fiber was
 * cancelled, or another source was first), the next one is woken, as long as the source is ready.
 * So no wake-up is lost. Allocates nothing: the links are in the waiters.
 *
 * <p>Used on the loop of those who wait alone; waking one of them from elsewhere is refused. {@link
 * Signal} is for other threads.
 */
public abstract class WaitPoint implements Source {
  private @Nullable Waiter head;
  private @Nullable Waiter tail;

  protected WaitPoint() {}

  /** Something for one waiter is there: wakes the one that has waited for longest. */
  public final void wakeFirst() {
    Waiter first = head;
    if (first != null) {
      first.checkThread();
      unlink(first);
      first.wake();
    }
  }

  /** Wakes all waiters. */
  public final void wakeAll() {
    while (head != null) {
      wakeFirst();
    }
  }

  /** Whether a fiber waits here that was not woken yet. */
  public final boolean hasWaiters() {
    return head != null;
  }

  /** The fiber that has waited here for longest, or null. */
  public final @Nullable Fiber<?> firstFiber() {
    Waiter first = head;
    return first == null ? null : first.fiberIfAny();
  }

  @Override
  public void arm(Waiter waiter) {
    waiter.checkThread();
    assert waiter.place == null : "a waiter stands in one list";
    waiter.place = this;
    waiter.previous = tail;
    if (tail == null) {
      head = waiter;
    } else {
      tail.next = waiter;
    }
    tail = waiter;
  }

  @Override
  public void disarm(Waiter waiter) {
    waiter.checkThread();
    if (waiter.place == this) {
      unlink(waiter);
    } else if (waiter.isLeavingUnclaimed() && head != null && isReady()) {
      wakeFirst();
    }
  }

  @Override
  public String toString() {
    return doing();
  }

  private void unlink(Waiter waiter) {
    Waiter before = waiter.previous;
    Waiter after = waiter.next;
    if (before == null) {
      head = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      tail = before;
    } else {
      after.previous = before;
    }
    waiter.previous = null;
    waiter.next = null;
    waiter.place = null;
  }
}
