package gyre.queue;

/** What the heartbeat tells. Written by the thread that executes, read by any. */
final class WorkerStats {
  volatile long iterations;

  /** Wake-ups by the watcher, a FIFO or the clock. */
  volatile long wakeUps;

  /** Entries that are done. */
  volatile long processed;

  volatile long failed;
  volatile long retried;
  volatile long duplicates;
  volatile long lastEventMillis = System.currentTimeMillis();
  volatile long waiting;
  volatile long processing;
  volatile String trouble = "";
  volatile boolean isPaused;
  volatile boolean isWatching;
  volatile boolean isPolling;
  volatile int watcherRestarts;
}
