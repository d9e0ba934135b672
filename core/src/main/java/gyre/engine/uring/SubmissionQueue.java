package gyre.engine.uring;

import gyre.sys.Memory;
import gyre.sys.Uring;

/**
 * The ring of entries on their way to the kernel.
 *
 * <p>Invariant: {@code head <= submitted <= tail}, as sequence numbers that wrap around. The kernel
 * moves the head; what lies between head and tail is queued and its entries, and the scratch memory
 * they point to, stay as they are. Only the first six words of an entry are ever written: the last
 * two are zero from the start.
 */
final class SubmissionQueue {
  private final long entries;
  private final int mask;
  private final long headAddress;
  private final long tailAddress;
  private final long flagsAddress;

  private int tail;
  private int head;

  SubmissionQueue(long rings, long entries, long params) {
    this.entries = entries;
    this.mask = Memory.getInt(params + Uring.PARAMS_SQ_ENTRIES) - 1;
    this.headAddress = rings + Memory.getInt(params + Uring.PARAMS_SQ_HEAD);
    this.tailAddress = rings + Memory.getInt(params + Uring.PARAMS_SQ_TAIL);
    this.flagsAddress = rings + Memory.getInt(params + Uring.PARAMS_SQ_FLAGS);
    if ((Memory.getInt(params + Uring.PARAMS_FLAGS) & Uring.SETUP_NO_SQARRAY) == 0) {
      long array = rings + Memory.getInt(params + Uring.PARAMS_SQ_ARRAY);
      for (int index = 0; index <= mask; index++) {
        Memory.putInt(array + 4L * index, index);
      }
    }
  }

  int capacity() {
    return mask + 1;
  }

  boolean isFull() {
    return tail - head > mask;
  }

  /** Number of entries that the kernel has not taken yet. */
  int pending() {
    return tail - head;
  }

  /** The sequence number that the next entry gets. */
  int tail() {
    return tail;
  }

  /** Every entry before this sequence number was taken by the kernel. */
  int head() {
    return head;
  }

  /**
   * Adds an entry; there must be room. Without it the entry would replace one that the kernel has
   * not taken, which is another connection's: so that is refused, in production too.
   *
   * @param control operation, flags, priority and descriptor, see {@link #control}
   * @param lengthAndFlags length in the lower half, the operation's own flags in the upper
   * @param group of the buffers to select from
   */
  void add(
      long control, long offset, long address, long lengthAndFlags, long userData, long group) {
    if (isFull()) {
      throw new IllegalStateException("an entry was added to a full ring");
    }
    long entry = entries + (long) (tail & mask) * Uring.SQE_BYTES;
    Memory.putLong(entry, control);
    Memory.putLong(entry + 8, offset);
    Memory.putLong(entry + 16, address);
    Memory.putLong(entry + 24, lengthAndFlags);
    Memory.putLong(entry + 32, userData);
    Memory.putLong(entry + 40, group);
    tail++;
  }

  static long control(int operation, int flags, int priority, int descriptor) {
    return operation | (long) flags << 8 | (long) priority << 16 | (long) descriptor << 32;
  }

  /** Shows the kernel all that was added, before it is told to look. */
  void publish() {
    Memory.putIntRelease(tailAddress, tail);
  }

  /** Learns how much the kernel took. */
  void refresh() {
    head = Memory.getIntAcquire(headAddress);
    assert tail - head >= 0 && tail - head <= mask + 1;
  }

  int flags() {
    return Memory.getIntAcquire(flagsAddress);
  }
}
