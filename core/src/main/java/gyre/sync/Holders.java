package gyre.sync;

import org.jspecify.annotations.Nullable;

/** Those who hold a lock that several may hold. */
final class Holders {
  private @Nullable Holding first;

  void add(Holding holding) {
    holding.next = first;
    if (first != null) {
      first.previous = holding;
    }
    first = holding;
  }

  void remove(Holding holding) {
    Holding before = holding.previous;
    Holding after = holding.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    holding.previous = null;
    holding.next = null;
  }

  @Nullable Holding first() {
    return first;
  }
}
