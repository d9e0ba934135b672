package gyre.io;

import gyre.engine.Chunk;
import gyre.sys.Memory;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Finding bytes in a chain, eight at a time, across the borders of its chunks. */
final class Search {
  static final long NOT_FOUND = -1;

  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final boolean BIG_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

  private Search() {}

  /**
   * @param to at most the size; what is there and behind is not looked at
   */
  static long indexOf(@Nullable Chunk first, byte wanted, long from, long to) {
    long base = 0;
    for (Chunk chunk = first; chunk != null && base < to; chunk = chunk.next) {
      int length = (int) Math.min(chunk.length(), to - base);
      if (from < base + length) {
        int skip = (int) Math.max(0, from - base);
        int found = find(chunk.address() + skip, length - skip, wanted);
        if (found >= 0) {
          return base + skip + found;
        }
      }
      base += length;
    }
    return NOT_FOUND;
  }

  /** Takes up to pattern × queue steps in the worst case, about one pass in the usual one. */
  static long indexOf(@Nullable Chunk first, byte[] pattern, long from, long to) {
    long base = 0;
    for (Chunk chunk = first; chunk != null; chunk = chunk.next) {
      int length = chunk.length();
      int position = Math.clamp(from - base, 0, length);
      while (position < length && base + position + pattern.length <= to) {
        int found = find(chunk.address() + position, length - position, pattern[0]);
        if (found < 0) {
          break;
        }
        position += found;
        if (matches(chunk, position, pattern)) {
          return base + position;
        }
        position++;
      }
      base += length;
    }
    return NOT_FOUND;
  }

  /** Whether the pattern lies at {@code position} of the chunk and in those behind it. */
  static boolean matches(Chunk chunk, int position, byte[] pattern) {
    Chunk at = chunk;
    int offset = position;
    for (byte wanted : pattern) {
      while (offset == at.length()) {
        Chunk following = at.next;
        if (following == null) {
          return false;
        }
        at = following;
        offset = 0;
      }
      if (Memory.getByte(at.address() + offset++) != wanted) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first such byte in a run of memory, or -1. */
  static int find(long address, int length, byte wanted) {
    long pattern = (wanted & 0xFFL) * LOW_BITS;
    int i = 0;
    for (; i + 8 <= length; i += 8) {
      long word = Memory.getLong(address + i) ^ pattern;
      // The lowest high bit set marks the lowest byte that is zero; those above it may be wrong.
      long zeros = (BIG_ENDIAN ? Long.reverseBytes(word) : word);
      zeros = (zeros - LOW_BITS) & ~zeros & HIGH_BITS;
      if (zeros != 0) {
        return i + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    for (; i < length; i++) {
      if (Memory.getByte(address + i) == wanted) {
        return i;
      }
    }
    return -1;
  }
}
