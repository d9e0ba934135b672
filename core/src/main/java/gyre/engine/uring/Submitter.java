package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Vector;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import gyre.sys.Uring;

/**
 * Queues requests, whatever the state of the ring.
 *
 * <p>A full ring is handed to the kernel in the middle of the turn. Where that can't be done (a
 * fiber with a thread of its own submits, and the ring takes calls from its owner alone) or has no
 * effect (the kernel has no memory for requests) further entries spill into a list, which keeps
 * their order and empties into the ring before the next wait: so queueing never fails.
 */
final class Submitter {
  private static final int WORDS = 6;

  /** The largest message: a full vector and an address. */
  private static final int MAX_MESSAGE_BYTES =
      LinuxSockets.MESSAGE_BYTES + Vector.CAPACITY * Vector.ENTRY_BYTES + RawAddress.CAPACITY_BYTES;

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

  /** Whether the next entry may also ask once for memory; makes room if it can. */
  boolean hasRoomForMessage() {
    return hasRoom() && (scratch.has(MAX_MESSAGE_BYTES) || (flush() && scratch.isUnused()));
  }

  /** Memory that lives until the kernel has taken the next entry, for which there is room. */
  long memory(int bytes) {
    long address = scratch.take(bytes);
    assert address != 0 : "asked for memory without a look whether there is any";
    return address;
  }

  /** A {@code struct msghdr} without an address for these bytes, in {@link #memory}. */
  long message(Vector vector) {
    return message(vector, 0);
  }

  /** The same with room for an address of so many bytes behind it, where the caller puts it. */
  long message(Vector vector, int addressBytes) {
    int vectorBytes = vector.count() * Vector.ENTRY_BYTES;
    long message = memory(LinuxSockets.MESSAGE_BYTES + vectorBytes + addressBytes);
    long entries = message + LinuxSockets.MESSAGE_BYTES;
    Memory.copy(vector.address(), entries, vectorBytes);
    LinuxSockets.putMessage(message, 0, 0, entries, vector.count());
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
    if (!ring.isCallable()) {
      return false;
    }
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

  /** Empties what has spilled into the ring, as far as the kernel goes along; false if not all. */
  boolean drainSpilled() {
    while (!spilled.isEmpty()) {
      int before = spilled.size();
      boolean ignored = flush();
      if (spilled.size() == before) {
        return false;
      }
    }
    return true;
  }

  /** No entries that the kernel has not taken. */
  boolean isEmpty() {
    return queue.pending() == 0;
  }
}
