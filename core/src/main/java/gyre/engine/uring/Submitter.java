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
 *
 * <p>An operation that needs memory beside its entry is started in three steps, in this order:
 * {@link #hasRoomForMessage} secures room for the entry and for the memory, {@link #memory} or
 * {@link #message} takes the memory, {@link #emitNow} adds the entry. Nothing may reach the kernel
 * between the last two, or the memory would count as free while its entry still points to it, and
 * the next operation would write over it: one connection's bytes would go to another one's peer. So
 * a call to the kernel in between is refused, in production too.
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

  /** Memory was taken for an entry that is not queued yet. */
  private boolean isEntryOwed;

  Submitter(Ring ring, Scratch scratch, EngineCounters counters) {
    this.ring = ring;
    this.queue = ring.submissions;
    this.scratch = scratch;
    this.counters = counters;
  }

  /** Whether the next entry goes to the ring itself; makes room if it can. */
  private boolean hasRoom() {
    return isFree() || flush();
  }

  private boolean isFree() {
    return !queue.isFull() && spilled.isEmpty();
  }

  /** Secures room for one entry and the memory that it points to; makes room if it can. */
  boolean hasRoomForMessage() {
    return hasRoom() && (scratch.has(MAX_MESSAGE_BYTES) || (flush() && scratch.isUnused()));
  }

  /** Memory for the entry that is added next, secured before; lives until the kernel takes it. */
  long memory(int bytes) {
    assert isFree() : "no room was secured for the entry";
    long address = scratch.take(bytes);
    assert address != 0 : "no memory was secured";
    isEntryOwed = true;
    return address;
  }

  /** The entry that the memory was taken for does not come. */
  void dropMemory() {
    isEntryOwed = false;
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

  /**
   * Adds an entry for which room was secured, with the memory that was taken for it, if any. See
   * {@link SubmissionQueue#add}.
   *
   * @return the sequence number of the entry
   */
  int emitNow(long control, long offset, long address, long lengthAndFlags, long userData) {
    assert isFree() : "no room was secured for the entry";
    counters.submissions++;
    int sequence = queue.tail();
    queue.add(control, offset, address, lengthAndFlags, userData, 0);
    isEntryOwed = false;
    return sequence;
  }

  /**
   * Adds an entry that points to no memory, as soon as there is room. See {@link
   * SubmissionQueue#add}.
   */
  void emit(
      long control, long offset, long address, long lengthAndFlags, long userData, long group) {
    assert !isEntryOwed : "another entry comes first, for which memory was taken";
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
    emit(control, 0, 0, flags, SlotTable.userData(Kind.UNHEARD, 0), 0);
  }

  private int cancelFlags() {
    return ring.has(Feature.QUIET_SENDS) ? Uring.SQE_CQE_SKIP_SUCCESS : 0;
  }

  /** Hands the ring over now; true if the next entry finds room. */
  private boolean flush() {
    checkNoEntryOwed();
    if (!ring.isCallable()) {
      return false;
    }
    counters.waits++;
    // The result says what the queue's head says as well.
    int ignored = ring.submit();
    settle();
    return isFree();
  }

  private void checkNoEntryOwed() {
    if (isEntryOwed) {
      throw new IllegalStateException(
          "the kernel would be called between the memory of an entry and the entry itself");
    }
  }

  /** After the kernel was called: what it took needs no scratch memory any more. */
  void settle() {
    checkNoEntryOwed();
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
