package gyre.engine.uring;

import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Ends a ring's wait from any thread: by a message to the ring where the kernel takes one from a
 * thread without a ring, else by an event counter that the ring polls.
 *
 * <p>A descriptor must not be used after it was closed, since its number may have a new owner. A
 * message that goes astray does no harm (who is not a ring refuses it, a ring turns once in vain),
 * but a write does: so writing and closing exclude each other.
 */
final class Waker {
  private static final int MAX_ATTEMPTS = 100;
  private static final int EOVERFLOW = 75;

  private final Ring ring;
  private final Submitter submitter;

  /** The message, in the form of an entry; never changed, so that all threads can use it. */
  private final MemorySegment message = Arena.ofAuto().allocate(Uring.SQE_BYTES, 8);

  private final Object closing = new Object();

  /** Negative where messages are used, and after closing. */
  private int counter = -1;

  private volatile boolean closed;

  Waker(Ring ring, Submitter submitter, CallState calls) {
    this.ring = ring;
    this.submitter = submitter;
    long address = message.address();
    Memory.putLong(address, SubmissionQueue.control(Uring.OP_MSG_RING, 0, 0, ring.descriptor));
    Memory.putLong(address + 8, SlotTable.userData(Kind.WAKE, 0));
    // Tried once, which leaves a completion that ends the first wait early.
    if (ring.has(Feature.FOREIGN_MESSAGES) && UringCalls.sendMessage(message.address()) < 0) {
      ring.features.remove(Feature.FOREIGN_MESSAGES);
    }
    if (!ring.has(Feature.FOREIGN_MESSAGES)) {
      counter = LinuxFiles.eventfd(calls, 0);
      if (counter < 0) {
        throw new EngineUnavailable("no event counter: " + Errno.describe(counter));
      }
      pollSignal();
    }
  }

  private void pollSignal() {
    submitter.emit(
        SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, counter),
        0,
        0,
        Uring.POLL_ADD_MULTI | (long) Poll.READABLE << 32,
        SlotTable.userData(Kind.SIGNAL, 0),
        0);
  }

  /** Each signal is told once, so that nobody has to read the counter. */
  void completeSignal(int flags) {
    if ((flags & Uring.CQE_MORE) == 0) {
      pollSignal();
    }
  }

  /** From any thread. False if the kernel refuses. */
  boolean wake() {
    if (ring.has(Feature.FOREIGN_MESSAGES)) {
      return sendMessage();
    }
    synchronized (closing) {
      if (counter >= 0) {
        LinuxFiles.signal(counter);
      }
    }
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
      int result = UringCalls.sendMessage(message.address());
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
    synchronized (closing) {
      if (counter >= 0) {
        int ignored = LinuxFiles.close(calls, counter);
        counter = -1;
      }
    }
  }
}
