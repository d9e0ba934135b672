package gyre.io;

import gyre.engine.Chunk;
import gyre.engine.Vector;
import gyre.sys.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looking into a chain at any index, across the borders of its chunks; nothing is changed.
 *
 * <p>The caller has checked that what it asks for is there, and keeps the chain alive.
 */
final class Peek {
  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private Peek() {}

  /** A big-endian integer of 2, 4 or 8 bytes. */
  static long integer(@Nullable Chunk first, long index, int bytes) {
    Chunk head = Objects.requireNonNull(first);
    if (index + bytes > head.length()) {
      return integerAcross(head, index, bytes);
    }
    long address = head.address() + index;
    return switch (bytes) {
      case 2 -> big(Memory.getShort(address));
      case 4 -> big(Memory.getInt(address));
      default -> big(Memory.getLong(address));
    };
  }

  /** A big-endian integer of 1 to 8 bytes, at once where eight bytes lie together. */
  static long unsigned(Chunk first, long index, int bytes) {
    return index + Long.BYTES <= first.length()
        ? big(Memory.getLong(first.address() + index)) >>> (Long.SIZE - 8 * bytes)
        : integerAcross(first, index, bytes);
  }

  /** A big-endian integer of any size, byte by byte. */
  static long integerAcross(Chunk first, long index, int bytes) {
    Chunk chunk = first;
    long skip = index;
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      while (skip >= chunk.length()) {
        skip -= chunk.length();
        chunk = Objects.requireNonNull(chunk.next);
      }
      value = (value << 8) | (Memory.getByte(chunk.address() + skip) & 0xFF);
      skip++;
    }
    return value;
  }

  static void copy(@Nullable Chunk first, long index, byte[] target, int offset, int length) {
    long skip = index;
    int to = offset;
    int missing = length;
    for (Chunk chunk = first; missing > 0; chunk = chunk.next) {
      assert chunk != null;
      int present = chunk.length();
      if (skip < present) {
        int piece = (int) Math.min(missing, present - skip);
        Memory.copy(chunk.address() + skip, target, to, piece);
        to += piece;
        missing -= piece;
        skip = 0;
      } else {
        skip -= present;
      }
    }
  }

  /** Copies the first bytes; the target has room for them. */
  static void copy(@Nullable Chunk first, ByteBuffer target, int bytes) {
    int missing = bytes;
    for (Chunk chunk = first; missing > 0; chunk = chunk.next) {
      assert chunk != null;
      int piece = Math.min(missing, chunk.length());
      if (target.hasArray()) {
        int to = target.arrayOffset() + target.position();
        Memory.copy(chunk.address(), target.array(), to, piece);
        target.position(target.position() + piece);
      } else {
        target.put(chunk.block().view(chunk.start, piece));
      }
      missing -= piece;
    }
  }

  /** Adds the first bytes to a vector, until that is full; how many entries. */
  static int gather(@Nullable Chunk first, Vector vector, long bytes) {
    int entries = 0;
    long missing = bytes;
    for (Chunk chunk = first; missing > 0 && !vector.isFull(); chunk = chunk.next) {
      assert chunk != null;
      int length = (int) Math.min(missing, chunk.length());
      vector.add(chunk.address(), length);
      missing -= length;
      entries++;
    }
    return entries;
  }

  // ---- byte order: the same conversion in both directions

  static short big(short value) {
    return LITTLE_ENDIAN ? Short.reverseBytes(value) : value;
  }

  static int big(int value) {
    return LITTLE_ENDIAN ? Integer.reverseBytes(value) : value;
  }

  static long big(long value) {
    return LITTLE_ENDIAN ? Long.reverseBytes(value) : value;
  }

  static short little(short value) {
    return LITTLE_ENDIAN ? value : Short.reverseBytes(value);
  }

  static int little(int value) {
    return LITTLE_ENDIAN ? value : Integer.reverseBytes(value);
  }

  static long little(long value) {
    return LITTLE_ENDIAN ? value : Long.reverseBytes(value);
  }
}
