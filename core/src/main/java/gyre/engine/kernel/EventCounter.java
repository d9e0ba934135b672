package gyre.engine.kernel;

import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A descriptor that becomes readable when any thread signals it. Polled edge by edge, each signal
 * is an event, and nobody ever has to read the counter.
 *
 * <p>A descriptor must not be used after it was closed, since its number may have a new owner: so
 * closing waits for those who signal at that moment.
 */
public final class EventCounter {
  public final int descriptor;

  /** Of whoever opened it: here it only says which kernel. */
  private final CallState calls;

  /** Threads inside {@link #signal}; negative once it is closed. */
  private final AtomicInteger signallers = new AtomicInteger();

  private EventCounter(CallState calls, int descriptor) {
    this.calls = calls;
    this.descriptor = descriptor;
  }

  /**
   * A new one.
   *
   * @throws EngineUnavailable where there is none to be had
   */
  public static EventCounter open(CallState calls) {
    int descriptor = LinuxFiles.eventfd(calls, 0);
    if (descriptor < 0) {
      throw new EngineUnavailable("no event counter: " + Errno.describe(descriptor));
    }
    return new EventCounter(calls, descriptor);
  }

  /** From any thread. No effect once it is closed. */
  public void signal() {
    if (signallers.getAndIncrement() >= 0) {
      LinuxFiles.signal(calls, descriptor);
    }
    signallers.getAndDecrement();
  }

  public void close(CallState calls) {
    signallers.getAndAdd(Integer.MIN_VALUE);
    while (signallers.get() != Integer.MIN_VALUE) {
      Thread.onSpinWait();
    }
    int ignored = LinuxFiles.close(calls, descriptor);
  }
}
