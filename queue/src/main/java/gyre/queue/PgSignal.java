package gyre.queue;

/**
 * Wakes threads that wait for entries: one for each call, and none more than there are. A wake-up
 * that comes while nobody waits is kept for the next one who would, so none is lost.
 */
final class PgSignal {
  private final int limit;
  private int permits;

  PgSignal(int threads) {
    limit = threads;
  }

  synchronized void wakeOne() {
    if (permits < limit) {
      permits++;
      notifyAll();
    }
  }

  synchronized void wakeAll() {
    permits = limit;
    notifyAll();
  }

  /** Blocks until it is this thread's turn to look, or for so long. */
  synchronized void await(long millis) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + millis * 1_000_000;
    while (permits == 0) {
      long leftMillis = (deadlineNanos - System.nanoTime() + 999_999) / 1_000_000;
      if (leftMillis <= 0) {
        return;
      }
      wait(leftMillis);
    }
    permits--;
  }
}
