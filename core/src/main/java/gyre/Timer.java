package gyre;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs a callback in a fiber of its loop: once, at a fixed rate, or with a fixed delay from the end
 * of one run to the start of the next.
 *
 * <p>A timer never fires early, and may be late by one tick of the loop's clock (about a
 * millisecond if not configured otherwise), its {@link #slack} and what the loop is busy with. A
 * fixed rate does not drift: every deadline is a whole number of periods after the first. Periods
 * that went by while the loop was busy, or while the callback of an earlier one was still running,
 * are not made up for in a burst; {@link #missed} counts them.
 *
 * <p>Runs of one timer never overlap. A timer that runs once and is restarted from within its
 * callback runs again after that has ended, at the earliest. A callback that throws is reported,
 * and does not end a periodic timer. After {@link #cancel} no further run begins.
 *
 * <p>A timer belongs to the scope in which it was made, and ends with it at the latest. <b>While it
 * is active</b> it is listed by {@link Loop#handles} and keeps {@link Loop#run} from returning; say
 * {@link #background} where it should not. An idle timer costs the loop nothing, and need not be
 * closed.
 *
 * <p>When the loop shuts down, a timer that is to run once is waited for as long as the loop
 * drains; periodic ones end at once.
 *
 * <p>Like all handles it is confined to its loop: calls from other threads are refused.
 */
public final class Timer extends HandleBase {
  private final TimerTask task;
  private @Nullable Fired fired; // made by the first who waits for it

  Timer(Scope owner, TimerTask.Mode mode, long periodNanos, Runnable callback) {
    super(owner, false);
    this.task = new Task(this, mode, periodNanos, callback);
    long slackNanos = owner.loop().options().timerSlackNanos();
    if (slackNanos != 0) {
      task.slackNanos(task.isPeriodic() ? Math.min(slackNanos, periodNanos - 1) : slackNanos);
    }
  }

  /**
   * Starts the timer, or moves its next run to {@code delay} from now if it is started already.
   * Costs little more than reading the clock when that is later than before. A zero or negative
   * delay is due at once.
   */
  public void restart(Duration delay) {
    restartNanos(delay.isNegative() ? 0 : Durations.nanos(delay));
  }

  /** Like {@link #restart}, in nanoseconds; {@link Long#MAX_VALUE} is never. */
  public void restartNanos(long delayNanos) {
    checkOnLoop();
    checkOpen();
    attach();
    task.restartNanos(delayNanos);
  }

  /**
   * Like {@link #restartNanos}, due when the clock of {@link Loop#nanoTime} shows {@code
   * deadlineNanos}, or at once if it does already. Reads no clock: for many timers that are started
   * together, or many deadlines that are counted from one point in time.
   */
  public void restartAt(long deadlineNanos) {
    checkOnLoop();
    checkOpen();
    attach();
    task.restartAt(deadlineNanos);
  }

  /**
   * Lets this timer be late by up to {@code slack}, so that it fires together with others which
   * have slack too: fewer wake-ups, where the exact time does not matter. A fixed rate does not
   * drift by it. Holds from the next start or restart, and of a periodic timer from its next
   * period. Zero is the default, or what {@link LoopOptions#timerSlack} says.
   *
   * @throws IllegalArgumentException if it is negative, or not less than the period of a periodic
   *     timer
   */
  public void slack(Duration slack) {
    checkOnLoop();
    long nanos = Durations.nanos("slack", slack);
    if (task.isPeriodic() && nanos >= task.periodNanos()) {
      throw new IllegalArgumentException(
          "slack is " + slack + ": must be less than the period of " + name());
    }
    task.slackNanos(nanos);
  }

  /**
   * No further run begins; one that has begun goes on. Does nothing if the timer is not active.
   *
   * @return whether it was active
   */
  public boolean cancel() {
    checkThread();
    boolean wasActive = task.cancelAll();
    detachIfIdle();
    return wasActive;
  }

  /** Whether another run will begin if nobody cancels it. */
  public boolean isActive() {
    checkThread();
    return task.isActive();
  }

  /**
   * Time until the deadline; 0 if it has passed or none is set, {@link Long#MAX_VALUE} if it never
   * comes.
   */
  public long remainingNanos() {
    checkThread();
    return task.remainingNanos();
  }

  /** Periods that went by without a run of their own, since the timer was made. */
  public long missed() {
    checkThread();
    return task.missed();
  }

  /**
   * Ready while a run has begun that {@link #takeFired} has not taken, or the timer is closed: for
   * a fiber that waits for the timer or something else. Runs are counted from the first call of
   * this or of {@link #takeFired}.
   */
  public Source fired() {
    checkThread();
    return counted();
  }

  /** How many runs have begun since this was called before, or since {@link #fired} first was. */
  public int takeFired() {
    checkThread();
    Fired known = counted();
    int taken = known.runs;
    known.runs = 0;
    return taken;
  }

  private Fired counted() {
    Fired known = fired;
    if (known == null) {
      known = new Fired(this);
      fired = known;
    }
    return known;
  }

  private static final class Fired extends WaitPoint {
    private final Timer timer;
    private int runs;

    Fired(Timer timer) {
      this.timer = timer;
    }

    void countRun() {
      if (runs < Integer.MAX_VALUE) {
        runs++;
      }
      wakeAll();
    }

    @Override
    public boolean isReady() {
      return runs > 0 || !timer.isOpen();
    }

    @Override
    public String doing() {
      return "waiting for " + timer.name();
    }
  }

  @Override
  protected boolean isServing() {
    return true;
  }

  @Override
  public String kind() {
    return "timer";
  }

  @Override
  public int pendingOperations() {
    return 0;
  }

  @Override
  protected void callback() {
    try {
      task.run();
    } finally {
      detachIfIdle();
    }
  }

  @Override
  protected void callbackFailed(Throwable failure) {
    // Reported; the next run may do better.
  }

  @Override
  protected void closing() {
    boolean ignored = task.cancelAll();
    if (fired != null) {
      fired.wakeAll();
    }
    released();
  }

  @Override
  protected void aborting() {
    closing();
  }

  @Override
  protected void draining() {
    if (task.isPeriodic() || isBackground()) {
      closeSoon();
    }
  }

  private void detachIfIdle() {
    if (!task.isBusy()) {
      detach();
    }
  }

  private static final class Task extends TimerTask {
    private final Timer timer;

    Task(Timer timer, Mode mode, long periodNanos, Runnable callback) {
      super(timer.loop().wheel(), mode, periodNanos, callback);
      this.timer = timer;
    }

    @Override
    long nowNanos() {
      return timer.loop().engine().nanoTime();
    }

    @Override
    void begins() {
      Fired counted = timer.fired;
      if (counted != null) {
        counted.countRun();
      }
    }

    @Override
    void requestRun() {
      timer.requestCallback();
    }

    @Override
    public String toString() {
      return timer.name() + ": " + super.toString();
    }
  }
}
