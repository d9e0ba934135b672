package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Operation;
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
 * effect (the kernel has no memory for requests), requests are put off: their tags wait, in order,
 * for the next {@code await} that finds room. So queueing never fails.
 *
 * <p>A request is made in three steps, in this order: {@link #request} secures room for the entry
 * and for the memory beside it, {@link #memory} or {@link #message} takes the memory, {@link #emit}
 * adds the entry. Nothing may reach the kernel between the last two, or the memory would count as
 * free while its entry still points to it, and the next operation would write over it: one
 * connection's bytes would go to another one's peer. So a call to the kernel in between is refused,
 * in production too.
 */
final class Submitter {
  /** The largest message: a full vector and an address. */
  static final int MAX_MESSAGE_BYTES =
      LinuxSockets.MESSAGE_BYTES + Vector.CAPACITY * Vector.ENTRY_BYTES + RawAddress.CAPACITY_BYTES;

  private final Ring ring;
  private final SubmissionQueue queue;
  private final OperationTable operations;
  private final Scratch scratch;
  private final EngineCounters counters;

  /** Tags of requests that were put off. */
  private final LongFifo waiting = new LongFifo();

  /** Memory was taken for an entry that is not queued yet. */
  private boolean isEntryOwed;

  Submitter(Ring ring, OperationTable operations, Scratch scratch, EngineCounters counters) {
    this.ring = ring;
    this.queue = ring.submissions;
    this.operations = operations;
    this.scratch = scratch;
    this.counters = counters;
  }

  /** Has a request of an operation made: at once if there is room, else later. */
  <O extends Operation> void request(Requests<O> kind, O operation) {
    if (waiting.isEmpty() && hasRoom(kind.memoryBytes())) {
      operation.phase = Operation.Phase.IN_FLIGHT;
      kind.begin(operation);
    } else {
      putOff(operation);
    }
  }

  /** The request of an operation has to wait for the next {@code await}. */
  void putOff(Operation operation) {
    operation.phase = Operation.Phase.DEFERRED;
    waiting.add(operation.tag);
  }

  /** Has an entry of the engine's own made, by the kind that stands in the tag. */
  void request(long tag) {
    EntryKind kind = operations.kindOf(tag);
    if (waiting.isEmpty() && hasRoom(kind.memoryBytes())) {
      kind.emit(tag);
    } else {
      waiting.add(tag);
    }
  }

  /** Makes what was put off; false if the kernel has no room for all of it. */
  boolean drain() {
    while (!waiting.isEmpty()) {
      EntryKind kind = operations.kindOf(waiting.peek());
      if (!hasRoom(kind.memoryBytes())) {
        return false;
      }
      kind.emit(waiting.poll());
    }
    return true;
  }

  /** Secures room for one entry and the memory that it points to; makes room if it can. */
  private boolean hasRoom(int memoryBytes) {
    return isFree(memoryBytes) || (flush() && isFree(memoryBytes));
  }

  private boolean isFree(int memoryBytes) {
    return !queue.isFull() && scratch.has(memoryBytes);
  }

  /** Memory for the entry that is added next, secured before; lives until the kernel takes it. */
  long memory(int bytes) {
    long address = scratch.take(bytes);
    assert address != 0 && !queue.isFull() : "no room was secured";
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
  int emit(long control, long offset, long address, long lengthAndFlags, long tag) {
    return emit(control, offset, address, lengthAndFlags, tag, 0);
  }

  /** The same for an entry that takes its memory from a group of buffers. */
  int emit(long control, long offset, long address, long lengthAndFlags, long tag, long group) {
    counters.submissions++;
    int sequence = queue.tail();
    queue.add(control, offset, address, lengthAndFlags, tag, group);
    isEntryOwed = false;
    return sequence;
  }

  /** Asks the kernel to end all that it has of this ring. False if there is no room. */
  boolean cancelAll(long tag) {
    long all = (long) (Uring.ASYNC_CANCEL_ANY | Uring.ASYNC_CANCEL_ALL) << 32;
    if (!hasRoom(0)) {
      return false;
    }
    int ignored = emit(SubmissionQueue.control(Uring.OP_ASYNC_CANCEL, 0, 0, -1), 0, 0, all, tag);
    return true;
  }

  /** Hands the ring over now, if this thread may. */
  private boolean flush() {
    checkNoEntryOwed();
    if (!ring.isCallable()) {
      return false;
    }
    counters.waits++;
    // The result says what the queue's head says as well.
    int ignored = ring.submit();
    freeScratch();
    return true;
  }

  private void checkNoEntryOwed() {
    if (isEntryOwed) {
      throw new IllegalStateException(
          "the kernel would be called between the memory of an entry and the entry itself");
    }
  }

  /** After the kernel was called: what it took needs no scratch memory any more. */
  void freeScratch() {
    checkNoEntryOwed();
    if (queue.pending() == 0) {
      scratch.reset();
    }
  }

  /** Whether there is something to be done by the next call. */
  boolean hasUnsent() {
    return !waiting.isEmpty() || !isEmpty();
  }

  /** No entries that the kernel has not taken. */
  boolean isEmpty() {
    return queue.pending() == 0;
  }
}
