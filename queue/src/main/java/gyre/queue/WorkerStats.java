package gyre.queue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the heartbeat tells. Any thread. */
final class WorkerStats {
  final AtomicLong iterations = new AtomicLong();

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
}
