package gyre.queue;

import org.jspecify.annotations.Nullable;

/**
 * When a worker that works once has done all that it can. Nobody tells it of files, so the
 * directory is looked at before it ends. Used by the thread that executes.
 */
final class OnceEnd {
  enum Next {
    END,
    /** There is more that nothing is known of. */
    LOOK,
    WAIT
  }

  private record Found(long waiting, long failed) {}

  private final WorkerStats stats;
  private final PendingIndex pending;
  private final HandlerDesk desk;

  /** By the last look, if nothing has begun since. */
  private @Nullable Found found;

  OnceEnd(WorkerStats stats, PendingIndex pending, HandlerDesk desk) {
    this.stats = stats;
    this.pending = pending;
    this.desk = desk;
  }

  void somethingBegan() {
    found = null;
  }

  /** After a round that began nothing. */
  Next next() {
    if (!desk.isIdle()) {
      return Next.WAIT;
    }
    if (stats.isPaused) {
      return Next.END;
    }
    if (!pending.isExhausted() || !pending.hasNothingLater() || !desk.hasNothingParked()) {
      return Next.WAIT;
    }
    return look();
  }

  /**
   * Entries may have been enqueued by those that were executed. What is found may also be of kinds
   * of which nothing may begin, and too much to be kept as such: where all of it was gone through,
   * nothing of it has begun or ended, and the same is found again, it is left.
   */
  private Next look() {
    Found before = found;
    pending.scan();
    Found now = new Found(stats.waiting, stats.failed.get());
    found = now;
    if (pending.isEmpty() || now.equals(before)) {
      return Next.END;
    }
    return before == null || now.failed() != before.failed() ? Next.LOOK : Next.WAIT;
  }
}
