package gyre.sim.engine;

import gyre.engine.Vector;
import gyre.sys.Memory;
import java.util.Arrays;

/** Pieces of memory that a program hands to its kernel to be sent, one behind the other. */
public final class Pieces {
  private long[] bases;
  private int[] lengths;
  private int count;
  private long bytes;

  private Pieces(int capacity) {
    bases = new long[capacity];
    lengths = new int[capacity];
  }

  /** A single one. */
  public static Pieces of(long base, int length) {
    Pieces pieces = new Pieces(1);
    pieces.add(base, length);
    return pieces;
  }

  /** Those of a {@code struct iovec[]}, as it is now. */
  public static Pieces ofVector(long vector, int count) {
    Pieces pieces = new Pieces(Math.max(1, count));
    for (int i = 0; i < count; i++) {
      long entry = vector + (long) i * Vector.ENTRY_BYTES;
      pieces.add(Memory.getLong(entry), (int) Memory.getLong(entry + 8));
    }
    return pieces;
  }

  private void add(long base, int length) {
    if (length <= 0) {
      return;
    }
    if (count == bases.length) {
      bases = Arrays.copyOf(bases, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    bases[count] = base;
    lengths[count++] = length;
    bytes += length;
  }

  public int count() {
    return count;
  }

  public long base(int index) {
    return bases[index];
  }

  public int length(int index) {
    return lengths[index];
  }

  public long bytes() {
    return bytes;
  }

  /** What is in them. */
  public byte[] copy() {
    byte[] copy = new byte[(int) bytes];
    int done = 0;
    for (int i = 0; i < count; i++) {
      Memory.copy(bases[i], copy, done, lengths[i]);
      done += lengths[i];
    }
    return copy;
  }
}
