package gyre;

import java.time.Duration;
import java.util.Objects;

/**
 * Runs a callback in a fiber of its loop: once, at a fixed rate, or with a fixed delay from the end
 * of one run to the start of the next.
 *
 * <p>A timer never fires early, and may be late by one tick of the loop's clock (about a
 * millisecond if not configured otherwise) plus what the loop is busy with. A fixed rate does not
 * drift: every deadline is a whole number of periods after the first. Periods that went by while
 * the loop was busy, or while the callback of an earlier one was still running, are not made up for
 * in a burst; {@link #missed} counts them.
 *
 * <p>Runs of one timer never overlap. A timer that runs once and is restarted from within its
 * callback runs again after that has ended, at the earliest. A callback that throws does not end a
 * periodic timer. After {@link #cancel} no further run begins.
 *
 * <p>Belongs to the thread of its loop, like everything that a loop owns.
 *
 * <pre>
 *   idle --restart--&gt; scheduled --deadline--&gt; handed to the loop --&gt; running --&gt; idle
 *                          ^                                             |
 *                          +--fixed rate: at the deadline; delay: here --+
 * </pre>
 */
public final class Timer extends TimerNode {
  /** How a timer goes on after it has fired. */
  enum Mode {
    ONCE,
    FIXED_RATE,
    FIXED_DELAY
  }

  private final TimerWheel wheel;
  private final TimerHost host;
  private final Runnable callback;
  private final Runnable run = this::run;
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

  private Timer(TimerWheel wheel, TimerHost host, Mode mode, long periodNanos, Runnable callback) {
    this.wheel = wheel;
    this.host = host;
    this.mode = mode;
    this.periodNanos = periodNanos;
    this.callback = Objects.requireNonNull(callback, "callback");
  }

  /** An idle timer that fires once for every {@link #restart}. */
  static Timer once(TimerWheel wheel, TimerHost host, Runnable callback) {
    return new Timer(wheel, host, Mode.ONCE, 0, callback);
  }

  /**
   * An idle timer that fires with the delay of its {@link #restart} first, and periodically then.
   */
  static Timer periodic(
      TimerWheel wheel, TimerHost host, Mode mode, Duration period, Runnable callback) {
    if (mode == Mode.ONCE || period.isNegative() || period.isZero()) {
      throw new IllegalArgumentException("period of " + period + ": must be more than zero");
    }
    return new Timer(wheel, host, mode, nanos(period), callback);
  }

  /**
   * Starts the timer, or moves its next run to {@code delay} from now if it is started already. Now
   * is the time of the loop's turn, which is read once per turn. Costs next to nothing when that is
   * later than before. A zero or negative delay is due at once.
   */
  public void restart(Duration delay) {
    restartNanos(nanos(delay));
  }

  /** Like {@link #restart}, in nanoseconds; {@link Long#MAX_VALUE} is never. */
  public void restartNanos(long delayNanos) {
    handed = false;
    dueAgain = false;
    repeating = mode != Mode.ONCE;
    wheel.restart(this, host.nanoTime(), delayNanos);
  }

  /**
   * No further run begins; one that has begun goes on. Does nothing if the timer is not active.
   *
   * @return whether it was active
   */
  public boolean cancel() {
    boolean wasActive = isActive();
    wheel.cancel(this);
    handed = false;
    dueAgain = false;
    repeating = false;
    return wasActive;
  }

  /** Whether another run will begin if nobody cancels it. */
  public boolean isActive() {
    return isScheduled() || handed || dueAgain || repeating;
  }

  /**
   * Time until the deadline; 0 if it has passed or none is set, {@link Long#MAX_VALUE} if it never
   * comes.
   */
  public long remainingNanos() {
    return isScheduled() ? Math.max(0, wheel.remainingNanos(this, host.nanoTime())) : 0;
  }

  /** Periods that went by without a run of their own, since the timer was made. */
  public long missed() {
    return missed;
  }

  @Override
  void fired(long nowNanos) {
    if (mode == Mode.FIXED_RATE) {
      long lateNanos = -wheel.remainingNanos(this, nowNanos);
      assert lateNanos >= 0 : "early";
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
    host.runCallback(run, this);
  }

  private void run() {
    if (!handed || running) {
      return;
    }
    handed = false;
    running = true;
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
      wheel.start(this, host.nanoTime(), periodNanos);
    }
  }

  private static long nanos(Duration duration) {
    // toNanos throws where this saturates.
    return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : duration.isNegative() ? 0 : duration.toNanos();
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
