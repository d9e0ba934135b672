package gyre.balancer;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Signal;
import java.util.ArrayDeque;

/**
 * Clients that wait for a place at a target, first come first served. They may be on different
 * loops. Who is woken tries again, and leads the line until it has a place or its time is up; who
 * leaves after it was woken wakes the next one, so that no place is lost.
 */
final class WaitLine {
  private final ArrayDeque<Signal> waiting = new ArrayDeque<>();

  /** Puts the calling fiber's signal into the line; false if there are so many already. */
  boolean enter(Signal mine, int limit) {
    synchronized (waiting) {
      if (waiting.size() >= limit) {
        return false;
      }
      waiting.addLast(mine);
      return true;
    }
  }

  /** Parks until the signal was raised; false if the time was up before. */
  boolean await(Signal mine, Deadline deadline) {
    Fiber.awaitFirst(mine, deadline);
    return mine.take();
  }

  /** It was woken and found nothing: first in the line again. */
  void again(Signal mine) {
    synchronized (waiting) {
      waiting.addFirst(mine);
    }
  }

  /** Leaves, whether or not it was woken. */
  void leave(Signal mine) {
    boolean wasWaiting;
    synchronized (waiting) {
      wasWaiting = waiting.remove(mine);
    }
    if (!wasWaiting) {
      wake();
    }
  }

  /** A place has become free. From any loop. */
  void wake() {
    Signal first;
    synchronized (waiting) {
      first = waiting.pollFirst();
    }
    if (first != null) {
      first.raise();
    }
  }

  int size() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  boolean isEmpty() {
    return size() == 0;
  }

  boolean isFirst(Signal mine) {
    synchronized (waiting) {
      return mine.equals(waiting.peekFirst());
    }
  }
}
