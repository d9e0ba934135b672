package gyre.engine.uring;

import gyre.sys.Memory;
import gyre.sys.Uring;

/**
 * The ring of completions. The kernel moves the tail, we move the head: an entry may be read until
 * the head has passed it.
 */
final class CompletionQueue {
  private final long entries;
  private final int mask;
  private final long headAddress;
  private final long tailAddress;

  private int head;

  CompletionQueue(long rings, long params) {
    this.entries = rings + Memory.getInt(params + Uring.PARAMS_CQ_CQES);
    this.mask = Memory.getInt(params + Uring.PARAMS_CQ_ENTRIES) - 1;
    this.headAddress = rings + Memory.getInt(params + Uring.PARAMS_CQ_HEAD);
    this.tailAddress = rings + Memory.getInt(params + Uring.PARAMS_CQ_TAIL);
  }

  int capacity() {
    return mask + 1;
  }

  int head() {
    return head;
  }

  /** Where the kernel is now; everything before it can be read. */
  int tail() {
    return Memory.getIntAcquire(tailAddress);
  }

  long userData(int sequence) {
    return Memory.getLong(entries + (long) (sequence & mask) * Uring.CQE_BYTES);
  }

  /** The result in the lower half, flags in the upper. */
  long outcome(int sequence) {
    return Memory.getLong(entries + (long) (sequence & mask) * Uring.CQE_BYTES + 8);
  }

  /** Gives everything before {@code sequence} back to the kernel. */
  void release(int sequence) {
    head = sequence;
    Memory.putIntRelease(headAddress, sequence);
  }
}
