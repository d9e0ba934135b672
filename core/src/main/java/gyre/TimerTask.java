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
 *   idle --restart--&gt; scheduled --deadline--&gt; handed to the loop --&gt; running --&gt; idle
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
  private boolean handed;

  /** The callback has begun and not ended. */
  private boolean running;

  /** Due again while running; for those that run once. */
  private boolean dueAgain;

  private long missed;

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
  abstract void handOver();

  /** See {@link Timer#restartNanos}. */
  final void restartNanos(long delayNanos) {
    handed = false;
    dueAgain = false;
    repeating = mode != Mode.ONCE;
    wheel.restart(this, nowNanos(), delayNanos);
  }

  /** See {@link Timer#cancel}. */
  final boolean cancelAll() {
    boolean wasActive = isActive();
    wheel.cancel(this);
    handed = false;
    dueAgain = false;
    repeating = false;
    return wasActive;
  }

  /** Whether another run will begin if nobody cancels it. */
  final boolean isActive() {
    return isScheduled() || handed || dueAgain || repeating;
  }

  /** Active, or in the middle of a run. */
  final boolean isBusy() {
    return running || isActive();
  }

  final boolean isPeriodic() {
    return mode != Mode.ONCE;
  }

  /**
   * Time until the deadline; 0 if it has passed or none is set, {@link Long#MAX_VALUE} if it never
   * comes.
   */
  final long remainingNanos() {
    return isScheduled() ? Math.max(0, wheel.remainingNanos(this, nowNanos())) : 0;
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
      missed += lateNanos / periodNanos;
      wheel.start(this, nowNanos, periodNanos - lateNanos % periodNanos);
    }
    if (!handed && !running) {
      hand();
    } else if (mode == Mode.FIXED_RATE) {
      missed++;
    } else {
      dueAgain = true;
    }
  }

  private void hand() {
    handed = true;
    handOver();
  }

  /** Calls back, unless that has been withdrawn meanwhile. */
  final void run() {
    if (!handed || running) {
      return;
    }
    handed = false;
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
      hand();
    } else if (mode == Mode.FIXED_DELAY && repeating && !isScheduled()) {
      wheel.start(this, nowNanos(), periodNanos);
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
