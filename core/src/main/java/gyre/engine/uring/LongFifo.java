package gyre.engine.uring;

/** First in, first out, without boxes. Grows to what is needed and stays there. */
final class LongFifo {
  private long[] items = new long[16];
  private int head;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  void add(long item) {
    if (size == items.length) {
      grow();
    }
    items[(head + size++) & (items.length - 1)] = item;
  }

  long peek() {
    assert size > 0;
    return items[head];
  }

  long poll() {
    assert size > 0;
    long item = items[head];
    head = (head + 1) & (items.length - 1);
    size--;
    return item;
  }

  private void grow() {
    long[] larger = new long[items.length * 2];
    for (int index = 0; index < size; index++) {
      larger[index] = items[(head + index) & (items.length - 1)];
    }
    items = larger;
    head = 0;
  }
}
