package gyre.engine.uring;

import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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

  /** The message, in the form of an entry; never changed, so that all threads can use it. */
  private final MemorySegment message = Arena.ofAuto().allocate(Uring.SQE_BYTES, 8);

  private final Object closing = new Object();

  /** Negative where messages are used, and after closing. */
  private int counter = -1;

  private volatile boolean closed;

  Waker(Ring ring, CallState calls) {
    this.ring = ring;
    long address = message.address();
    Memory.putLong(address, SubmissionQueue.control(Uring.OP_MSG_RING, 0, 0, ring.descriptor));
    Memory.putLong(address + 8, SlotTable.userData(Kind.WAKE, 0));
    // Tried once, which leaves a completion that ends the first wait early.
    if (ring.has(Feature.FOREIGN_MESSAGES) && UringCalls.sendMessage(message.address()) < 0) {
      ring.features.remove(Feature.FOREIGN_MESSAGES);
    }
    if (!ring.has(Feature.FOREIGN_MESSAGES)) {
      counter = LinuxFiles.eventfd(calls, 0);
    }
  }

  /** The event counter to poll, or negative if there is none. */
  int counter() {
    return counter;
  }

  void wake() {
    if (ring.has(Feature.FOREIGN_MESSAGES)) {
      sendMessage();
    } else {
      synchronized (closing) {
        if (counter >= 0) {
          LinuxFiles.signal(counter);
        }
      }
    }
  }

  private void sendMessage() {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      int result = UringCalls.sendMessage(message.address());
      // A ring that overflows is not waiting, and one that is closed never will again.
      if (result >= 0 || result == -EOVERFLOW || closed) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new IllegalStateException("the kernel refuses to wake a loop");
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
