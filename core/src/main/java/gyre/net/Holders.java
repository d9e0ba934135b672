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
    holder.holdsPrevious = before;
    if (before == null) {
      oldest = holder;
    } else {
      before.holdsNext = holder;
    }
    newest = holder;
    size++;
  }

  void remove(Holder holder) {
    Holder before = holder.holdsPrevious;
    Holder after = holder.holdsNext;
    if (before == null) {
      oldest = after;
    } else {
      before.holdsNext = after;
    }
    if (after == null) {
      newest = before;
    } else {
      after.holdsPrevious = before;
    }
    holder.holdsNext = null;
    holder.holdsPrevious = null;
    size--;
  }
}
