package gyre.io;

import gyre.engine.Chunk;
import gyre.sys.Memory;
import org.jspecify.annotations.Nullable;

/** Changing bytes of a chain where they lie, eight at a time, across the borders of its chunks. */
final class Masking {
  private Masking() {}

  /** Whoever calls has checked that the bytes are there, and keeps the chain alive. */
  static void xor(@Nullable Chunk first, long from, long bytes, int key) {
    long skip = from;
    long left = bytes;
    int mask = key;
    for (Chunk chunk = first; chunk != null && left > 0; chunk = chunk.next) {
      int length = chunk.length();
      if (skip >= length) {
        skip -= length;
        continue;
      }
      int piece = (int) Math.min(left, length - skip);
      xor(chunk.address() + skip, piece, mask);
      mask = Integer.rotateLeft(mask, Byte.SIZE * (piece & 3));
      left -= piece;
      skip = 0;
    }
  }

  private static void xor(long address, int bytes, int mask) {
    long word = Peek.big(((long) mask << Integer.SIZE) | (mask & 0xFFFFFFFFL));
    int i = 0;
    for (; i + Long.BYTES <= bytes; i += Long.BYTES) {
      Memory.putLong(address + i, Memory.getLong(address + i) ^ word);
    }
    for (; i < bytes; i++) {
      int at = mask >>> (Integer.SIZE - Byte.SIZE - Byte.SIZE * (i & 3));
      Memory.putByte(address + i, (byte) (Memory.getByte(address + i) ^ at));
    }
  }
}
