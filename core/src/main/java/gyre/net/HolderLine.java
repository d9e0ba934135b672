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
    for (Holder holder = first; holder != null; holder = holder.waitsNext) {
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
      holder.waitsNext = head;
      head.waitsPrevious = holder;
      first = holder;
    } else {
      holder.waitsPrevious = tail;
      tail.waitsNext = holder;
      last = holder;
    }
    size++;
  }

  void remove(Holder holder) {
    Holder before = holder.waitsPrevious;
    Holder after = holder.waitsNext;
    if (before == null) {
      first = after;
    } else {
      before.waitsNext = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.waitsPrevious = before;
    }
    holder.waitsNext = null;
    holder.waitsPrevious = null;
    size--;
  }
}
