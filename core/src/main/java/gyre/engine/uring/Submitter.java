package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Vector;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.Uring;

/**
 * Queues requests, whatever the state of the ring.
 *
 * <p>A full ring is handed to the kernel in the middle of the turn. In the rare case that the
 * kernel takes nothing (it has no memory for requests) further entries spill into a list, which
 * keeps their order and empties into the ring before the next wait: so queueing never fails.
 */
final class Submitter {
  private static final int WORDS = 6;

  private final Ring ring;
  private final SubmissionQueue queue;
  private final Scratch scratch;
  private final EngineCounters counters;
  private final LongFifo spilled = new LongFifo();

  Submitter(Ring ring, Scratch scratch, EngineCounters counters) {
    this.ring = ring;
    this.queue = ring.submissions;
    this.scratch = scratch;
    this.counters = counters;
  }

  /** Whether the next entry goes to the ring itself; makes room if it can. */
  boolean hasRoom() {
    return (!queue.isFull() && spilled.isEmpty()) || flush();
  }

  /**
   * Memory that lives until the kernel has taken the next entry; 0 if there is none now. To be
   * asked for after {@link #hasRoom} and once per entry at most: a flush in between would free it.
   */
  private long scratch(int bytes) {
    long address = scratch.take(bytes);
    if (address == 0 && flush()) {
      address = scratch.take(bytes);
    }
    return address;
  }

  /** Memory for an address in {@link #scratch}, or 0. */
  long memory(int bytes) {
    return hasRoom() ? scratch(bytes) : 0;
  }

  /** A {@code struct msghdr} without an address for these bytes, in {@link #scratch}, or 0. */
  long message(Vector vector) {
    return message(vector, 0);
  }

  /** The same with room for an address of so many bytes behind it, where the caller puts it. */
  long message(Vector vector, int addressBytes) {
    int vectorBytes = vector.count() * Vector.ENTRY_BYTES;
    if (!hasRoom()) {
      return 0;
    }
    long message = scratch(LinuxSockets.MESSAGE_BYTES + vectorBytes + addressBytes);
    if (message != 0) {
      long entries = message + LinuxSockets.MESSAGE_BYTES;
      Memory.copy(vector.address(), entries, vectorBytes);
      LinuxSockets.putMessage(message, 0, 0, entries, vector.count());
    }
    return message;
  }

  /** See {@link SubmissionQueue#add}. */
  void emit(
      long control, long offset, long address, long lengthAndFlags, long userData, long group) {
    counters.submissions++;
    if (hasRoom()) {
      queue.add(control, offset, address, lengthAndFlags, userData, group);
    } else {
      spilled.add(control);
      spilled.add(offset);
      spilled.add(address);
      spilled.add(lengthAndFlags);
      spilled.add(userData);
      spilled.add(group);
    }
  }

  /** Asks the kernel to end a request; only a failure of that is told. */
  void emitCancel(long target) {
    long control = SubmissionQueue.control(Uring.OP_ASYNC_CANCEL, cancelFlags(), 0, -1);
    emit(control, 0, target, 0, SlotTable.withKind(Kind.CANCEL, target), 0);
  }

  void emitCancelAll() {
    long flags = (long) (Uring.ASYNC_CANCEL_ANY | Uring.ASYNC_CANCEL_ALL) << 32;
    long control = SubmissionQueue.control(Uring.OP_ASYNC_CANCEL, 0, 0, -1);
    emit(control, 0, 0, flags, SlotTable.userData(Kind.MESSAGE, 0), 0);
  }

  private int cancelFlags() {
    return ring.has(Feature.QUIET_SENDS) ? Uring.SQE_CQE_SKIP_SUCCESS : 0;
  }

  /** Hands the ring over now; true if the next entry finds room. */
  private boolean flush() {
    counters.waits++;
    // The result says what the queue's head says as well.
    int ignored = ring.submit();
    settle();
    return !queue.isFull() && spilled.isEmpty();
  }

  /** After the kernel was called: what it took needs no scratch memory any more. */
  void settle() {
    while (!spilled.isEmpty() && !queue.isFull()) {
      assert spilled.size() % WORDS == 0;
      queue.add(
          spilled.poll(),
          spilled.poll(),
          spilled.poll(),
          spilled.poll(),
          spilled.poll(),
          spilled.poll());
    }
    if (queue.pending() == 0) {
      scratch.reset();
    }
  }

  /** Entries that the kernel has not taken. */
  boolean isEmpty() {
    return queue.pending() == 0;
  }
}
