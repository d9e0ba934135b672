package gyre.engine;

import gyre.sys.Memory;

/** A native {@code struct iovec[]} that an engine lends for the time of one gather. */
public final class Vector {
  /** Enough to fill a send; the kernel's own limit is 1024. */
  public static final int CAPACITY = 64;

  /** {@code sizeof(struct iovec)}. */
  public static final int ENTRY_BYTES = 16;

  private final long address;
  private int count;
  private long bytes;

  public Vector(long address) {
    this.address = address;
  }

  public void clear() {
    count = 0;
    bytes = 0;
  }

  public boolean isFull() {
    return count == CAPACITY;
  }

  public void add(long base, int length) {
    assert count < CAPACITY && length > 0;
    long entry = address + (long) ENTRY_BYTES * count++;
    Memory.putLong(entry, base);
    Memory.putLong(entry + 8, length);
    bytes += length;
  }

  /** A call that takes one piece of a vector, at its offset in the file. */
  interface Piece {
    int transfer(long address, int length, long offset);
  }

  /** Piece by piece, until one is not done whole: what all came to, or the error of the first. */
  static int each(long vector, int count, long offset, Piece call) {
    int total = 0;
    for (int i = 0; i < count; i++) {
      long entry = vector + (long) ENTRY_BYTES * i;
      int length = (int) Memory.getLong(entry + 8);
      long at = offset == FileCalls.AT_POSITION ? offset : offset + total;
      int done = call.transfer(Memory.getLong(entry), length, at);
      if (done < 0) {
        return total == 0 ? done : total;
      }
      total += done;
      if (done < length) {
        break;
      }
    }
    return total;
  }

  public int count() {
    return count;
  }

  public long bytes() {
    return bytes;
  }

  public long address() {
    return address;
  }

  public long base(int index) {
    return Memory.getLong(address + (long) ENTRY_BYTES * index);
  }

  public int length(int index) {
    return (int) Memory.getLong(address + (long) ENTRY_BYTES * index + 8);
  }
}
