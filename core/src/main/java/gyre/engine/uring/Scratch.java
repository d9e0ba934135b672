package gyre.engine.uring;

/**
 * Memory for what entries point to: vectors, message headers, addresses. The kernel copies it when
 * it takes the entry (that is what {@code SUBMIT_STABLE} promises), so all of it is free again once
 * no entry is queued.
 */
final class Scratch {
  private final long base;
  private final int capacity;
  private int used;

  Scratch(long base, int capacity) {
    this.base = base;
    this.capacity = capacity;
  }

  boolean has(int bytes) {
    return bytes <= capacity - used;
  }

  /** The address of so many bytes, aligned to 8, or 0 if they are not to be had now. */
  long take(int bytes) {
    int aligned = (bytes + 7) & -8;
    if (!has(aligned)) {
      return 0;
    }
    long address = base + used;
    used += aligned;
    return address;
  }

  boolean isUnused() {
    return used == 0;
  }

  void reset() {
    used = 0;
  }
}
