package gyre.net;

import org.jspecify.annotations.Nullable;

/** The streams that hold or want more than a little, in the order in which they began to. */
final class Holders {
  private @Nullable Holder oldest;
  private @Nullable Holder newest;
  private int size;

  @Nullable Holder oldest() {
    return oldest;
  }

  int size() {
    return size;
  }

  void add(Holder holder) {
    Holder before = newest;
    holder.holding().holdsPrevious = before;
    if (before == null) {
      oldest = holder;
    } else {
      before.holding().holdsNext = holder;
    }
    newest = holder;
    size++;
  }

  void remove(Holder holder) {
    Holder before = holder.holding().holdsPrevious;
    Holder after = holder.holding().holdsNext;
    if (before == null) {
      oldest = after;
    } else {
      before.holding().holdsNext = after;
    }
    if (after == null) {
      newest = before;
    } else {
      after.holding().holdsPrevious = before;
    }
    holder.holding().holdsNext = null;
    holder.holding().holdsPrevious = null;
    size--;
  }
}
