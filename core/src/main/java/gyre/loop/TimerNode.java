package gyre.loop;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link TimerWheel} files: an intrusive list entry with a deadline, so that starting,
 * cancelling and restarting allocate nothing.
 *
 * <p>Idle, or filed in one wheel. All fields belong to that wheel. Forty bytes with compressed
 * pointers.
 */
public abstract class TimerNode {
  /** Not in any wheel. */
  public static final int IDLE = -1;

  /** In the list of those that fire next. */
  public static final int DUE = -2;

  @Nullable TimerNode previous;
  @Nullable TimerNode next;

  /** {@link #IDLE}, {@link #DUE} or the index of the slot that this entry is linked into. */
  public int slot = IDLE;

  /** Since the start of the wheel. The slot may belong to an earlier time, never to a later one. */
  public long deadlineNanos;

  /** Order of the starts and restarts, for those with equal deadlines. */
  public long sequence;

  /**
   * Called by {@link TimerWheel#advance} with the time that was passed to it. The node is idle
   * again and may be restarted. Must not throw.
   */
  protected abstract void fired(long nowNanos);

  /** Started, and neither fired nor cancelled since. */
  public final boolean isScheduled() {
    return slot != IDLE;
  }
}
