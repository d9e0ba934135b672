package gyre.sim.engine;

import gyre.engine.Vector;
import gyre.sys.Memory;

/**
 * What a send has lent, and its sum: whoever changes or gives back memory before the send has
 * completed is found out. Of what the kernel does not take it sums no more than a piece: a send of
 * much, which is taken byte by byte, would be summed as often as it has bytes.
 */
public final class SentSum {
  private static final int UNTAKEN_BYTES = 4096;
  private static final long ODD = 0x9E3779B97F4A7C15L;

  private long[] bases = new long[4];
  private int[] lengths = new int[4];
  private int count;
  private long sum;
  private long bytes;

  /** The kernel takes the first {@code takenBytes} of it. */
  void lend(Vector vector, int takenBytes) {
    if (vector.count() > bases.length) {
      bases = new long[Vector.CAPACITY];
      lengths = new int[Vector.CAPACITY];
    }
    bytes = vector.bytes();
    count = 0;
    for (long left = (long) takenBytes + UNTAKEN_BYTES; left > 0 && count < vector.count(); ) {
      bases[count] = vector.base(count);
      lengths[count] = (int) Math.min(left, vector.length(count));
      left -= lengths[count++];
    }
    sum = sum();
  }

  /** The same for all of what another kernel takes. */
  public void lend(Pieces pieces) {
    if (pieces.count() > bases.length) {
      bases = new long[pieces.count()];
      lengths = new int[pieces.count()];
    }
    bytes = pieces.bytes();
    for (count = 0; count < pieces.count(); count++) {
      bases[count] = pieces.base(count);
      lengths[count] = pieces.length(count);
    }
    sum = sum();
  }

  private long sum() {
    long hash = count;
    for (int i = 0; i < count; i++) {
      hash = (hash ^ sum(bases[i], lengths[i])) * ODD;
    }
    return hash;
  }

  /** Four sums side by side: one alone would have each multiplication wait for the one before. */
  private static long sum(long address, int length) {
    long a = length;
    long b = 1;
    long c = 2;
    long d = 3;
    int done = 0;
    for (; done + 32 <= length; done += 32) {
      a = (a ^ Memory.getLong(address + done)) * ODD;
      b = (b ^ Memory.getLong(address + done + 8)) * ODD;
      c = (c ^ Memory.getLong(address + done + 16)) * ODD;
      d = (d ^ Memory.getLong(address + done + 24)) * ODD;
    }
    for (; done < length; done++) {
      a = (a ^ Memory.getByte(address + done)) * ODD;
    }
    return a ^ Long.rotateLeft(b, 16) ^ Long.rotateLeft(c, 32) ^ Long.rotateLeft(d, 48);
  }

  /** At the terminal completion. */
  public void check(Object operation) {
    if (sum() != sum) {
      throw new AssertionError(
          "memory of "
              + operation
              + " was changed or given back while it was lent to the kernel: before the send had"
              + " completed");
    }
    count = 0;
  }

  /** All that was lent. */
  long bytes() {
    return bytes;
  }
}
