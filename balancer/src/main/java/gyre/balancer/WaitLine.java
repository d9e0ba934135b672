package gyre.balancer;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Signal;
import java.util.Comparator;
import java.util.Iterator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Clients that wait for a place at a target, first come first served. They may be on different
 * loops. Who is woken tries again, and takes its old place in the line where it finds nothing. Who
 * leaves wakes the next one: there may be more places than one, and the chain ends at the first who
 * finds none.
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
  private long tickets;

  /** False if there are so many already. */
  boolean enter(Place mine, int limit) {
    synchronized (waiting) {
      if (waiting.size() >= limit) {
        return false;
      }
      mine.ticket = ++tickets;
      return waiting.add(mine);
    }
  }

  /** Parks until it is woken; false if the time was up before. */
  boolean await(Place mine, Deadline deadline) {
    Fiber.awaitFirst(mine.signal, deadline);
    return mine.signal.take();
  }

  /** It was woken and found nothing. */
  void again(Place mine) {
    synchronized (waiting) {
      waiting.add(mine);
    }
  }

  /** Leaves for good, with a place at a target or without. */
  void leave(Place mine) {
    synchronized (waiting) {
      waiting.remove(mine);
    }
    wake();
  }

  /** A place may have become free: wakes the first one whom any place does. From any loop. */
  void wake() {
    synchronized (waiting) {
      Iterator<Place> each = waiting.iterator();
      boolean isPicky = true;
      while (isPicky && each.hasNext()) {
        Place first = each.next();
        each.remove();
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
      return firstWhoTakesAny() == null;
    }
  }

  /** Whether nobody is before it whom any place would do. */
  boolean isNext(Place mine) {
    synchronized (waiting) {
      Place first = firstWhoTakesAny();
      return first == null || mine.ticket <= first.ticket;
    }
  }

  private @Nullable Place firstWhoTakesAny() {
    for (Place each : waiting) {
      if (!each.isPicky) {
        return each;
      }
    }
    return null;
  }
}
