package gyre.queue;

import java.time.Duration;

/**
 * Calls of a handler that were given up and have not returned: they take places as those that run.
 *
 * @param lastNanos when the last of them was given up, by {@link System#nanoTime}
 */
record Hanging(int calls, long lastNanos) {
  static final Hanging NONE = new Hanging(0, 0);

  /**
   * Each is interrupted when it is given up, and one that obeys takes its time for that, as to roll
   * back: after so long nobody knows whether it ever returns.
   */
  private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

  /** Whether they have taken {@code places}, and none is expected to return any more. */
  boolean isStuck(int places, long nowNanos) {
    return calls >= places && nanosUntilStuck(nowNanos) <= 0;
  }

  /** Whether some may yet return, as the interrupt has them do. */
  boolean mayReturn(long nowNanos) {
    return calls > 0 && nanosUntilStuck(nowNanos) > 0;
  }

  /** How long whoever waits for a place of theirs waits yet; 0 if not, or no longer. */
  long waitMillis(int places, long nowNanos) {
    boolean isWaiting = calls >= places && mayReturn(nowNanos);
    return isWaiting ? nanosUntilStuck(nowNanos) / 1_000_000 + 1 : 0;
  }

  private long nanosUntilStuck(long nowNanos) {
    return lastNanos + PATIENCE_NANOS - nowNanos;
  }
}
