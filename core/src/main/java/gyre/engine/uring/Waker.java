package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Poll;
import gyre.engine.kernel.EventCounter;
import gyre.sys.CallState;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * Ends a ring's wait from any thread: by a message to the ring where the kernel takes one from a
 * thread without a ring, else by an event counter that the ring polls.
 *
 * <p>A message that goes astray because the ring's descriptor was closed does no harm: who is not a
 * ring refuses it, a ring turns once in vain.
 */
final class Waker {
  private static final int MAX_ATTEMPTS = 100;
  private static final int EOVERFLOW = 75;

  private final Submitter submitter;
  private final EngineCounters counters;
  private final CallState calls;

  /** The message, in the form of an entry; never changed, so that all threads can use it. */
  private final MemorySegment message = Arena.ofAuto().allocate(Uring.SQE_BYTES, 8);

  /** Null where messages are used. */
  private final @Nullable EventCounter counter;

  private volatile boolean closed;

  Waker(
      Ring ring,
      Submitter submitter,
      OperationTable operations,
      EngineCounters counters,
      CallState calls) {
    this.submitter = submitter;
    this.counters = counters;
    this.calls = calls;
    Messages messages = new Messages();
    operations.register(messages);
    long address = message.address();
    Memory.putLong(address, SubmissionQueue.control(Uring.OP_MSG_RING, 0, 0, ring.descriptor));
    Memory.putLong(address + 8, OperationTable.withKind(messages, 0));
    // Tried once, which leaves a completion that ends the first wait early.
    if (ring.has(Feature.FOREIGN_MESSAGES)
        && UringCalls.sendMessage(calls, message.address()) < 0) {
      ring.features.remove(Feature.FOREIGN_MESSAGES);
    }
    if (ring.has(Feature.FOREIGN_MESSAGES)) {
      counter = null;
    } else {
      counter = EventCounter.open(calls);
      Signals signals = new Signals(counter.descriptor);
      operations.register(signals);
      submitter.request(OperationTable.withKind(signals, 0));
    }
  }

  /** From any thread. False if the kernel refuses. */
  boolean wake() {
    if (counter == null) {
      return sendMessage();
    }
    counter.signal();
    return true;
  }

  private boolean sendMessage() {
    try {
      return repeatedly();
    } finally {
      Reference.reachabilityFence(message);
    }
  }

  private boolean repeatedly() {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      int result = UringCalls.sendMessage(calls, message.address());
      // A ring that overflows is not waiting, and one that is closed never will again.
      if (result >= 0 || result == -EOVERFLOW || closed) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  void close(CallState calls) {
    closed = true;
    if (counter != null) {
      counter.close(calls);
    }
  }

  /** Messages to this ring: somebody wants the loop to go round. */
  private final class Messages extends EntryKind {
    @Override
    void emit(long tag) {
      throw new AssertionError("messages come from others");
    }

    @Override
    boolean complete(long tag, int result, int flags) {
      counters.wakes++;
      return false;
    }
  }

  /** The poll of the event counter. */
  private final class Signals extends EntryKind {
    private final int descriptor;

    Signals(int descriptor) {
      this.descriptor = descriptor;
    }

    @Override
    void emit(long tag) {
      int ignored =
          submitter.emit(
              SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, descriptor),
              0,
              0,
              Uring.POLL_ADD_MULTI | (long) Poll.READABLE << 32,
              tag);
    }

    @Override
    boolean complete(long tag, int result, int flags) {
      counters.wakes++;
      if ((flags & Uring.CQE_MORE) == 0) {
        submitter.request(tag);
      }
      return false;
    }
  }
}
