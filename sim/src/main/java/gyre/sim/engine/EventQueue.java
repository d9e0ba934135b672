package gyre.sim.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is going to happen: a binary heap ordered by time, and by lot where that is equal. */
final class EventQueue {
  private @Nullable Event[] heap = new @Nullable Event[64];
  private int size;

  int size() {
    return size;
  }

  long nextNanos() {
    return size == 0 ? Long.MAX_VALUE : at(0).atNanos;
  }

  void add(Event event) {
    assert event.index < 0 : "scheduled twice";
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    up(size++, event);
  }

  Event remove() {
    Event first = at(0);
    remove(first);
    return first;
  }

  void remove(Event event) {
    int hole = event.index;
    assert hole >= 0 && at(hole).equals(event);
    event.index = -1;
    Event last = at(--size);
    heap[size] = null;
    if (hole != size) {
      if (hole > 0 && before(last, at((hole - 1) >>> 1))) {
        up(hole, last);
      } else {
        down(hole, last);
      }
    }
  }

  private Event at(int place) {
    Event event = heap[place];
    assert event != null;
    return event;
  }

  private void put(int place, Event event) {
    heap[place] = event;
    event.index = place;
  }

  private static boolean before(Event one, Event other) {
    return one.atNanos < other.atNanos || (one.atNanos == other.atNanos && one.tie < other.tie);
  }

  private void up(int from, Event event) {
    int place = from;
    while (place > 0) {
      int parent = (place - 1) >>> 1;
      if (!before(event, at(parent))) {
        break;
      }
      put(place, at(parent));
      place = parent;
    }
    put(place, event);
  }

  private void down(int from, Event event) {
    int place = from;
    while (true) {
      int child = 2 * place + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && before(at(child + 1), at(child))) {
        child++;
      }
      if (!before(at(child), event)) {
        break;
      }
      put(place, at(child));
      place = child;
    }
    put(place, event);
  }
}
