package gyre.sim.kernel;

import gyre.sys.Memory;
import gyre.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * A ring of buffers that an engine has given to its kernel.
 *
 * <p>From the moment in which the kernel sees a buffer to the one in which it is used up, it is the
 * kernel's: so it is filled with poison, must not come a second time, and must not be written by
 * anybody else.
 */
final class BufferGroup {
  private static final byte POISON = (byte) 0xDB;
  private static final int PATTERN_BYTES = 4096;
  private static final MemorySegment PATTERN = Arena.global().allocate(PATTERN_BYTES).fill(POISON);

  private final long ring;
  private final int mask;
  private final boolean isIncremental;

  /** Numbers of the buffers that the kernel has. */
  private final BitSet held = new BitSet();

  private int head;

  /** Up to here entries were seen. */
  private int seen;

  BufferGroup(long ring, int entries, boolean isIncremental) {
    this.ring = ring;
    this.mask = entries - 1;
    this.isIncremental = isIncremental;
  }

  private long entry(int sequence) {
    return ring + (long) (sequence & mask) * Uring.BUFFER_ENTRY_BYTES;
  }

  private long address(int sequence) {
    return Memory.getLong(entry(sequence));
  }

  private int length(int sequence) {
    return Memory.getInt(entry(sequence) + Uring.BUFFER_ENTRY_LENGTH);
  }

  private int number(int sequence) {
    return Memory.getShort(entry(sequence) + Uring.BUFFER_ENTRY_ID) & 0xFFFF;
  }

  /** Looks at what the engine has added. */
  void look() {
    short tail = Memory.getShort(ring + Uring.BUFFER_RING_TAIL);
    while ((short) seen != tail) {
      int number = number(seen);
      if (held.get(number)) {
        throw new AssertionError("buffer " + number + " was given to the kernel twice");
      }
      if (seen - head > mask) {
        throw new AssertionError("more buffers were given to the kernel than its ring has places");
      }
      held.set(number);
      Memory.fill(address(seen), length(seen), POISON);
      seen++;
    }
  }

  boolean isEmpty() {
    look();
    return head == seen;
  }

  /** Where the next bytes go. */
  long address() {
    return address(head);
  }

  int space() {
    return length(head);
  }

  /** Before the kernel writes: nobody else has. */
  void check(int bytes) {
    long at = address();
    for (int done = 0; done < bytes; done += PATTERN_BYTES) {
      int length = Math.min(PATTERN_BYTES, bytes - done);
      long wrong = Memory.segment(at + done, length).mismatch(PATTERN.asSlice(0, length));
      if (wrong >= 0) {
        throw new AssertionError(
            "byte "
                + (done + wrong)
                + " of buffer "
                + number(head)
                + " was written while the kernel had it");
      }
    }
  }

  /**
   * So many bytes were written into it.
   *
   * @return the flags of the completion that tells of it
   */
  int use(int bytes) {
    int number = number(head);
    int left = length(head) - bytes;
    int flags = Uring.CQE_BUFFER | number << Uring.CQE_BUFFER_SHIFT;
    if (isIncremental && left > 0) {
      Memory.putLong(entry(head), address() + bytes);
      Memory.putInt(entry(head) + Uring.BUFFER_ENTRY_LENGTH, left);
      return flags | Uring.CQE_BUFFER_MORE;
    }
    held.clear(number);
    head++;
    return flags;
  }

  /** Whether a buffer of which the kernel may write lies in a piece of memory. */
  boolean overlaps(long address, long bytes) {
    boolean isRing = ring < address + bytes && address < ring + (mask + 1L) * 16;
    for (int sequence = head; sequence != seen; sequence++) {
      long at = address(sequence);
      if (at < address + bytes && address < at + length(sequence)) {
        return true;
      }
    }
    return isRing;
  }
}
