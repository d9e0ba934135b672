package gyre.sim.engine;

import gyre.engine.Operation;
import gyre.engine.Vector;
import gyre.sys.Memory;

/**
 * What a send has lent, and its sum: whoever changes or gives back memory before the send has
 * completed is found out.
 */
final class SentSum {
  private long[] bases = new long[4];
  private int[] lengths = new int[4];
  private int count;
  private long sum;
  private long bytes;

  void lend(Vector vector) {
    count = vector.count();
    bytes = vector.bytes();
    if (count > bases.length) {
      bases = new long[Vector.CAPACITY];
      lengths = new int[Vector.CAPACITY];
    }
    for (int i = 0; i < count; i++) {
      bases[i] = vector.base(i);
      lengths[i] = vector.length(i);
    }
    sum = sum();
  }

  private long sum() {
    long hash = count;
    for (int i = 0; i < count; i++) {
      long address = bases[i];
      int length = lengths[i];
      int done = 0;
      for (; done + 8 <= length; done += 8) {
        hash = (hash ^ Memory.getLong(address + done)) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 32;
      }
      for (; done < length; done++) {
        hash = (hash ^ Memory.getByte(address + done)) * 0x100000001B3L;
      }
    }
    return hash;
  }

  /** At the terminal completion. */
  void check(Operation operation) {
    if (sum() != sum) {
      throw new AssertionError(
          "memory of "
              + operation
              + " was changed or given back while it was lent to the kernel: before the send had"
              + " completed");
    }
    count = 0;
  }

  long bytes() {
    return bytes;
  }
}
