package gyre.sync;

import org.jspecify.annotations.Nullable;

/**
 * Readers that wait until there is something newer than what they know. What is new is so for all
 * of them, but only the first is woken, and each that goes on wakes the next one: so publishing
 * costs the same for one reader and for a hundred.
 *
 * <p>They stand in the order in which they came, and whoever comes knows what is newest. So if the
 * first has nothing to read, none has.
 */
class Followers {
  private @Nullable Follower head;
  private @Nullable Follower tail;

  void add(Follower follower) {
    follower.previous = tail;
    if (tail == null) {
      head = follower;
    } else {
      tail.next = follower;
    }
    tail = follower;
    follower.isLinked = true;
  }

  final void remove(Follower follower) {
    if (follower.previous == null) {
      head = follower.next;
    } else {
      follower.previous.next = follower.next;
    }
    if (follower.next == null) {
      tail = follower.previous;
    } else {
      follower.next.previous = follower.previous;
    }
    follower.previous = null;
    follower.next = null;
    follower.isLinked = false;
  }

  final @Nullable Follower first() {
    return head;
  }

  /** Wakes the first one that has something to read. */
  void wakeFirst() {
    Follower first = head;
    if (first != null && first.isReady()) {
      remove(first);
      first.wake();
    }
  }
}
