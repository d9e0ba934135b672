package gyre.queue;

import java.util.Comparator;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names in {@code pending/} that are not to be looked at before some time: files that still grow,
 * or that could not be moved. Bounded: what finds no room is found again by the next scan.
 */
final class Later {
  private static final int LIMIT = 10_000;

  private record One(long atMillis, EntryName name) {}

  private final PriorityQueue<One> queue =
      new PriorityQueue<>(Comparator.comparingLong(One::atMillis));
  private final Set<EntryName> names = new HashSet<>();

  void add(EntryName name, long atMillis) {
    if (queue.size() < LIMIT && names.add(name)) {
      queue.add(new One(atMillis, name));
    }
  }

  boolean contains(EntryName name) {
    return names.contains(name);
  }

  @Nullable EntryName poll(long nowMillis) {
    One first = queue.peek();
    if (first == null || first.atMillis > nowMillis) {
      return null;
    }
    queue.poll();
    names.remove(first.name);
    return first.name;
  }

  /** Long.MAX_VALUE if nothing waits. */
  long nextMillis() {
    One first = queue.peek();
    return first == null ? Long.MAX_VALUE : first.atMillis;
  }

  int size() {
    return queue.size();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }
}
