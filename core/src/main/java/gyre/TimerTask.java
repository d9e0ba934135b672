package gyre;

import gyre.loop.TimerNode;
import gyre.loop.TimerWheel;
import java.time.Duration;
import java.util.Objects;

/**
 * When a {@link Timer} fires: its state machine, apart from the loop.
 *
 * <p>Runs of one timer never overlap: what falls due while the callback runs is counted as missed,
 * or run once more after it.
 *
 * <pre>
 *   idle --restart--&gt; scheduled --deadline--&gt; run requested --&gt; running --&gt; idle
 *                          ^                                             |
 *                          +--fixed rate: at the deadline; delay: here --+
 * </pre>
 */
abstract class TimerTask extends TimerNode {
  /** How a timer goes on after it has fired. */
  enum Mode {
    ONCE,
    FIXED_RATE,
    FIXED_DELAY
  }

  private final TimerWheel wheel;
  private final Runnable callback;
  private final Mode mode;
  private final long periodNanos;

  /** Not cancelled, and periodic. */
  private boolean repeating;

  /** The loop has the callback, and it has not begun. */
  private boolean runRequested;

  /** The callback has begun and not ended. */
  private boolean running;

  /** Due again while running; for those that run once. */
  private boolean dueAgain;

  private long missed;

  /** By how much it may be late to fire together with others. */
  private long slackNanos;

  /** By how much the node's deadline is later than the one that was asked for. */
  private long postponedNanos;

  /**
   * Makes an idle one. A periodic one fires with the delay of its {@link #restartNanos} first.
   *
   * @param periodNanos of those that are not {@link Mode#ONCE}
   */
  TimerTask(TimerWheel wheel, Mode mode, long periodNanos, Runnable callback) {
    if (mode != Mode.ONCE && periodNanos <= 0) {
      throw new IllegalArgumentException(
          "period of " + periodNanos + " ns: must be more than zero");
    }
    this.wheel = wheel;
    this.mode = mode;
    this.periodNanos = periodNanos;
    this.callback = Objects.requireNonNull(callback, "callback");
  }

  /** The time, not that of the loop's turn: user code may have run for long in this turn. */
  abstract long nowNanos();

  /** A run is about to begin. */
  abstract void begins();

  /** Has {@link #run} called in a fiber of the loop, soon but never inside this call. */
  abstract void requestRun();

  /** See {@link Timer#slack}. */
  final void slackNanos(long nanos) {
    slackNanos = nanos;
  }

  /** The delay after which it fires: for all timers of about one time the same point in time. */
  private long postponed(long nowNanos, long delayNanos) {
    postponedNanos = 0;
    if (slackNanos == 0 || delayNanos <= 0) {
      return delayNanos;
    }
    long earliestNanos = nowNanos + delayNanos;
    long latestNanos = earliestNanos + slackNanos;
    if (earliestNanos < nowNanos || latestNanos <= earliestNanos) {
      return delayNanos; // beyond what can be counted
    }
    postponedNanos = roundest(earliestNanos, latestNanos) - earliestNanos;
    return delayNanos + postponedNanos;
  }

  /**
   * Of the numbers from {@code first} to {@code last} the one that ends with the most zero bits, so
   * that ranges which overlap mostly have the same one, though they know nothing of each other.
   */
  static long roundest(long first, long last) {
    assert first < last;
    long firstDifference = Long.highestOneBit((first - 1) ^ last);
    return last & -firstDifference;
  }

  /** See {@link Timer#restartNanos}. */
  final void restartNanos(long delayNanos) {
    restart(nowNanos(), delayNanos);
  }

  /** See {@link Timer#restartAt}. */
  final void restartAt(long deadlineNanos) {
    restart(deadlineNanos - 1, 1); // a delay of nothing would have no slack
  }

  private void restart(long now, long delayNanos) {
    runRequested = false;
    dueAgain = false;
    repeating = mode != Mode.ONCE;
    wheel.restart(this, now, postponed(now, delayNanos));
  }

  /** See {@link Timer#cancel}. */
  final boolean cancelAll() {
    boolean wasActive = isActive();
    wheel.cancel(this);
    runRequested = false;
    dueAgain = false;
    repeating = false;
    return wasActive;
  }

  /** Whether another run will begin if nobody cancels it. */
  final boolean isActive() {
    return isScheduled() || runRequested || dueAgain || repeating;
  }

  /** Active, or in the middle of a run. */
  final boolean isBusy() {
    return running || isActive();
  }

  final long periodNanos() {
    return periodNanos;
  }

  final boolean isPeriodic() {
    return mode != Mode.ONCE;
  }

  /**
   * Time until the deadline; 0 if it has passed or none is set, {@link Long#MAX_VALUE} if it never
   * comes.
   */
  final long remainingNanos() {
    if (!isScheduled()) {
      return 0;
    }
    long remaining = wheel.remainingNanos(this, nowNanos());
    return remaining == Long.MAX_VALUE ? remaining : Math.max(0, remaining - postponedNanos);
  }

  /** Periods that went by without a run of their own, since the timer was made. */
  final long missed() {
    return missed;
  }

  @Override
  protected final void fired(long nowNanos) {
    if (mode == Mode.FIXED_RATE) {
      long lateNanos = -wheel.remainingNanos(this, nowNanos);
      assert lateNanos >= 0 : this + " fires " + -lateNanos + " ns too early";
      lateNanos += postponedNanos;
      missed += lateNanos / periodNanos;
      wheel.start(this, nowNanos, postponed(nowNanos, periodNanos - lateNanos % periodNanos));
    }
    if (!runRequested && !running) {
      requestFirst();
    } else if (mode == Mode.FIXED_RATE) {
      missed++;
    } else {
      dueAgain = true;
    }
  }

  private void requestFirst() {
    runRequested = true;
    requestRun();
  }

  /** Calls back, unless that has been withdrawn meanwhile. */
  final void run() {
    if (!runRequested || running) {
      return;
    }
    runRequested = false;
    running = true;
    begins();
    try {
      callback.run();
    } finally {
      running = false;
      ended();
    }
  }

  private void ended() {
    if (dueAgain) {
      dueAgain = false;
      requestFirst();
    } else if (mode == Mode.FIXED_DELAY && repeating && !isScheduled()) {
      long now = nowNanos();
      wheel.start(this, now, postponed(now, periodNanos));
    }
  }

  @Override
  public String toString() {
    String kind =
        switch (mode) {
          case ONCE -> "once";
          case FIXED_RATE -> "every " + Duration.ofNanos(periodNanos);
          case FIXED_DELAY -> "after " + Duration.ofNanos(periodNanos);
        };
    return "Timer[" + kind + ", " + callback.getClass().getName() + "]";
  }
}
