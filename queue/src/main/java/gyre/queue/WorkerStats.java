package gyre.queue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the heartbeat tells. Any thread. */
final class WorkerStats {
  final AtomicLong iterations = new AtomicLong();

  /** Rounds that are over. */
  private final AtomicLong changes = new AtomicLong();

  /** Whoever waits for a change. */
  private final AtomicReference<@Nullable Runnable> waiter = new AtomicReference<>();

  /** Wake-ups by the watcher, a FIFO or the clock. */
  final AtomicLong wakeUps = new AtomicLong();

  /** Entries that are done. */
  final AtomicLong processed = new AtomicLong();

  final AtomicLong failed = new AtomicLong();
  final AtomicLong retried = new AtomicLong();
  final AtomicLong duplicates = new AtomicLong();
  volatile long lastEventMillis = System.currentTimeMillis();
  volatile long waiting;
  volatile long processing;
  volatile String trouble = "";
  volatile boolean isPaused;
  volatile boolean isWatching;
  volatile boolean isPolling;
  final AtomicInteger watcherRestarts = new AtomicInteger();
  final LatencyStats latency = new LatencyStats();

  /** False where polling was asked for: then a watcher is not missed. */
  volatile boolean wantsWatcher = true;

  /** What is read after this is as new as this number says, or newer. */
  long changes() {
    return changes.get();
  }

  /**
   * Whether something has changed since {@link #changes} was {@code seen}. If not, {@code told}
   * runs once when it does; whoever is woken asks again.
   */
  boolean hasChanged(long seen, Runnable told) {
    waiter.set(told); // before the look: a change behind the look finds it
    return changes.get() != seen;
  }

  /** A round is over. */
  void changed() {
    changes.incrementAndGet();
    if (waiter.get() != null) {
      Runnable told = waiter.getAndSet(null);
      if (told != null) {
        told.run();
      }
    }
  }
}
