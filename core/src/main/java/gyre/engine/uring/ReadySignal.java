package gyre.engine.uring;

import gyre.engine.EngineUnavailable;
import gyre.engine.kernel.EventCounter;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What other pollers wait for in place of the ring, made when somebody asks: an event counter that
 * the kernel signals for each completion, also for work that becomes one at the next call. The
 * ring's own descriptor does not tell of such work, which waits for its thread (seen on Linux
 * 6.18).
 *
 * <p>It is reset before the call, so that what comes after is signalled anew. A signal for what
 * that call itself has completed is left behind then, and costs a turn in vain.
 */
final class ReadySignal {
  private final MemorySegment word = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
  private final EventCounter counter;

  private ReadySignal(EventCounter counter) {
    this.counter = counter;
  }

  /** Null where the kernel refuses. */
  static @Nullable ReadySignal register(CallState calls, Ring ring) {
    EventCounter counter;
    try {
      counter = EventCounter.open(calls);
    } catch (EngineUnavailable noDescriptorLeft) {
      return null;
    }
    ReadySignal signal = new ReadySignal(counter);
    long address = signal.word.address();
    Memory.putInt(address, signal.counter.descriptor);
    if (UringCalls.register(calls, ring.descriptor, Uring.REGISTER_EVENTFD, address, 1) < 0) {
      signal.close(calls);
      return null;
    }
    signal.counter.signal(); // for what is there already
    return signal;
  }

  int descriptor() {
    return counter.descriptor;
  }

  /** Nothing has happened, from now on. */
  void reset(CallState calls) {
    // Fails if it is zero, which is as good.
    int ignored = LinuxFiles.read(calls, counter.descriptor, word.address(), Long.BYTES);
  }

  void close(CallState calls) {
    counter.close(calls);
  }
}
