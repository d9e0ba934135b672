package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.spi.Internals;
import org.jspecify.annotations.Nullable;

/**
 * So many units that fibers take and give back, and the line of those who wait: what mutexes,
 * read-write locks, semaphores and notifications have in common.
 *
 * <p>First come, first served: whoever is behind in the line gets nothing while the first in it
 * waits, and nobody overtakes the line. So a wait for many units is not starved by waits for few,
 * nor a writer by readers. Units are set aside for the first in line in the moment in which there
 * are enough; who is woken then finds them, or hands them on if it leaves.
 *
 * <p>Invariant: while somebody is in line, fewer units are free than the first one wants.
 */
final class Grants {
  final Loop loop;

  /** {@code mutex accounts}. */
  final String what;

  /** Units that are free. Below zero while a semaphore that was made smaller is in use. */
  private long free;

  private long total;
  private @Nullable Demand head;
  private @Nullable Demand tail;
  private int waiting;

  Grants(String what, long free, long total) {
    this.loop = Loop.current();
    this.what = what;
    this.free = free;
    this.total = total;
  }

  /** The calling fiber; throws if it is none of this loop. */
  Fiber<?> caller() {
    return Internals.callerOn(loop);
  }

  long free() {
    return free;
  }

  long total() {
    return total;
  }

  /** How many are in line. */
  int waiting() {
    return waiting;
  }

  boolean canTake(long units) {
    return head == null && free >= units;
  }

  boolean tryTake(long units) {
    if (head != null || free < units) {
      return false;
    }
    free -= units;
    return true;
  }

  /** Parks the caller until {@code demand} has its units. */
  void await(Fiber<?> caller, Demand demand) {
    Internals.await(caller, demand);
    demand.claim();
  }

  /** Gives units back; beyond the total they are lost. */
  void give(long units) {
    free = Math.min(total, free + units);
    serve();
  }

  /** Changes how many units there are in all; those in use stay in use. */
  void resize(long newTotal) {
    free += newTotal - total;
    total = newTotal;
    serve();
  }

  /** Wakes all that are in line without giving them anything. */
  void releaseAll() {
    for (Demand first = head; first != null; first = head) {
      unlink(first);
      first.granted(0);
    }
  }

  private void serve() {
    for (Demand first = head; first != null && first.units() <= free; first = head) {
      unlink(first);
      free -= first.units();
      first.granted(first.units());
    }
  }

  void enqueue(Demand demand) {
    assert !canTake(demand.units()) : what + ": in line for what is there";
    assert head == null || head.units() > free : what + ": the first in line is not served";
    demand.previous = tail;
    if (tail == null) {
      head = demand;
    } else {
      tail.next = demand;
    }
    tail = demand;
    waiting++;
  }

  /** It does not wait any more, and those behind it may have what they want now. */
  void leave(Demand demand) {
    unlink(demand);
    serve();
  }

  private void unlink(Demand demand) {
    Demand before = demand.previous;
    Demand after = demand.next;
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
    demand.previous = null;
    demand.next = null;
    waiting--;
  }
}
