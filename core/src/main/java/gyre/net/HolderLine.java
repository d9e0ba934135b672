package gyre.net;

import org.jspecify.annotations.Nullable;

/** Those who wait for their turn to receive much, first come, first served. */
final class HolderLine {
  private @Nullable Holder first;
  private @Nullable Holder last;
  private int size;

  @Nullable Holder first() {
    return first;
  }

  boolean isEmpty() {
    return first == null;
  }

  int size() {
    return size;
  }

  /** Memory that all of them hold. */
  long heldBytes() {
    long bytes = 0;
    for (Holder holder = first; holder != null; holder = holder.holding().waitsNext) {
      bytes += holder.heldBytes();
    }
    return bytes;
  }

  void add(Holder holder, boolean isInFront) {
    Holder head = first;
    Holder tail = last;
    if (head == null || tail == null) {
      first = holder;
      last = holder;
    } else if (isInFront) {
      holder.holding().waitsNext = head;
      head.holding().waitsPrevious = holder;
      first = holder;
    } else {
      holder.holding().waitsPrevious = tail;
      tail.holding().waitsNext = holder;
      last = holder;
    }
    size++;
  }

  void remove(Holder holder) {
    Holder before = holder.holding().waitsPrevious;
    Holder after = holder.holding().waitsNext;
    if (before == null) {
      first = after;
    } else {
      before.holding().waitsNext = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.holding().waitsPrevious = before;
    }
    holder.holding().waitsNext = null;
    holder.holding().waitsPrevious = null;
    size--;
  }
}
