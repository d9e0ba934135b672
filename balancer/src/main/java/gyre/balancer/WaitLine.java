package gyre.balancer;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Signal;
import java.util.Comparator;
import java.util.Iterator;
import java.util.TreeSet;

/**
 * Clients that wait for a place at a target, first come first served. They may be on different
 * loops. Who is woken tries again, and takes its old place in the line where it finds nothing. Who
 * has found a place wakes the next one: there may be more places than one, and the chain ends at
 * the first who finds none. So does who was woken and leaves without having looked. Anybody else
 * leaves without a sound: where many give up at once, those who stay are not all made to look each
 * time.
 *
 * <p>A client that has tried some targets in vain is picky: a place that it can't use may do for
 * those behind it, so they are woken with it.
 */
final class WaitLine {
  /** A client in the line. */
  static final class Place {
    private final Signal signal = Signal.open();
    private final boolean isPicky;
    private long ticket;

    Place(boolean isPicky) {
      this.isPicky = isPicky;
    }
  }

  private final TreeSet<Place> waiting = new TreeSet<>(Comparator.comparingLong(p -> p.ticket));

  /** Those of them whom any place does. */
  private final TreeSet<Place> undemanding = new TreeSet<>(Comparator.comparingLong(p -> p.ticket));

  private long tickets;

  /** False if there are so many already. */
  boolean enter(Place mine, int limit) {
    synchronized (waiting) {
      if (waiting.size() >= limit) {
        return false;
      }
      mine.ticket = ++tickets;
      add(mine);
      return true;
    }
  }

  private void add(Place mine) {
    boolean isNew = waiting.add(mine);
    assert isNew : "it is in the line already";
    if (!mine.isPicky) {
      undemanding.add(mine);
    }
  }

  /** False if it was woken before. */
  private boolean remove(Place mine) {
    undemanding.remove(mine);
    return waiting.remove(mine);
  }

  /** Parks until it is woken; false if the time was up before. */
  boolean await(Place mine, Deadline deadline) {
    Fiber.awaitFirst(mine.signal, deadline);
    return mine.signal.take();
  }

  /** It was woken and found nothing. */
  void again(Place mine) {
    synchronized (waiting) {
      add(mine);
    }
  }

  /**
   * Leaves for good.
   *
   * @param hasFound whether it has a place at a target, or knows that there is none
   */
  void leave(Place mine, boolean hasFound) {
    boolean wasWoken;
    synchronized (waiting) {
      wasWoken = !remove(mine);
    }
    if (hasFound || wasWoken) {
      wake();
    }
  }

  /** A place may have become free: wakes the first one whom any place does. From any loop. */
  void wake() {
    synchronized (waiting) {
      Iterator<Place> each = waiting.iterator();
      boolean isPicky = true;
      while (isPicky && each.hasNext()) {
        Place first = each.next();
        each.remove();
        undemanding.remove(first);
        first.signal.raise();
        isPicky = first.isPicky;
      }
    }
  }

  int size() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  /** Whether nobody is in the line whom any place would do. */
  boolean isOpen() {
    synchronized (waiting) {
      return undemanding.isEmpty();
    }
  }

  /** Whether nobody is before it whom any place would do. */
  boolean isNext(Place mine) {
    synchronized (waiting) {
      return undemanding.isEmpty() || mine.ticket <= undemanding.first().ticket;
    }
  }
}
