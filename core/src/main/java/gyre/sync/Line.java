package gyre.sync;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait at one side of a channel, first come first served. A place whose fiber has ended
 * its wait by something else, and has not come to leave, is passed over.
 *
 * <p>Keeps one place that is not in use, so that a fiber which parks again and again allocates
 * nothing.
 */
final class Line<T> {
  private final Runnable onArrival;
  private final Supplier<String> doing;
  private @Nullable Place<T> head;
  private @Nullable Place<T> tail;
  private @Nullable Place<T> spare;

  /**
   * @param onArrival told of each place that is added
   */
  Line(Runnable onArrival, Supplier<String> doing) {
    this.onArrival = onArrival;
    this.doing = doing;
  }

  // ---- places

  Place<T> open(@Nullable T offered) {
    Place<T> place = spare;
    if (place == null) {
      place = new Place<>(this);
    }
    spare = null;
    place.open(offered);
    return place;
  }

  void release(Place<T> place) {
    place.release();
    spare = place;
  }

  void add(Place<T> place) {
    place.previous = tail;
    if (tail == null) {
      head = place;
    } else {
      tail.next = place;
    }
    tail = place;
    place.isLinked = true;
    onArrival.run();
  }

  void remove(Place<T> place) {
    if (!place.isLinked) {
      return;
    }
    place.isLinked = false;
    if (place.previous == null) {
      head = place.next;
    } else {
      place.previous.next = place.next;
    }
    if (place.next == null) {
      tail = place.previous;
    } else {
      place.next.previous = place.previous;
    }
    place.next = null;
    place.previous = null;
  }

  // ---- the other side

  /** Ends the wait of the first one, whose place is then done; null if nobody waits. */
  @Nullable Place<T> settleFirst() {
    for (Place<T> first = head; first != null; first = head) {
      remove(first);
      if (first.settle()) {
        return first;
      }
    }
    return null;
  }

  /** Whether {@link #settleFirst} would find one. */
  boolean hasWaiting() {
    while (head != null && !head.isUndecided()) {
      remove(head);
    }
    return head != null;
  }

  void refuseAll() {
    for (Place<T> first = head; first != null; first = head) {
      remove(first);
      first.refuse();
    }
  }

  String doing() {
    return doing.get();
  }
}
