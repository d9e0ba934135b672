package gyre;

import gyre.loop.TimerNode;
import java.time.Duration;

/**
 * A point in time, as a {@link Source}: ready from then on. For waits that end by something else or
 * by time:
 *
 * <pre>{@code
 * Deadline deadline = Deadline.in(Duration.ofSeconds(5));
 * if (Fiber.awaitFirst(worker.end(), deadline) == deadline) {
 *   worker.cancel("took too long");
 * }
 * }</pre>
 *
 * <p>It costs a timer only while a fiber waits for it, so it need not be closed. Waited for on its
 * loop alone; asked from any thread.
 */
public final class Deadline extends WaitPoint {
  private final Loop loop;
  private final long atNanos;
  private final Alarm alarm = new Alarm(this);

  private Deadline(Loop loop, long atNanos) {
    this.loop = loop;
    this.atNanos = atNanos;
  }

  /** A point in time on the loop of the calling code, counted from now. */
  public static Deadline in(Duration delay) {
    return in(Loop.current(), Durations.nanos(delay));
  }

  static Deadline in(Loop loop, long delayNanos) {
    return new Deadline(loop, Durations.deadline(loop.engine().nanoTime(), delayNanos));
  }

  /** Time that is left: 0 if it has passed, {@link Long#MAX_VALUE} if it never comes. */
  public long remainingNanos() {
    return atNanos == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(0, atNanos - loop.engine().nanoTime());
  }

  @Override
  public boolean isReady() {
    return remainingNanos() == 0;
  }

  @Override
  public void arm(Waiter waiter) {
    loop.checkThread();
    if (!hasWaiters()) {
      loop.startTimerFromNow(alarm, remainingNanos());
    }
    super.arm(waiter);
  }

  @Override
  public void disarm(Waiter waiter) {
    loop.checkThread();
    super.disarm(waiter);
    if (!hasWaiters()) {
      loop.cancelTimer(alarm);
    }
  }

  @Override
  public String doing() {
    return "sleeping";
  }

  private static final class Alarm extends TimerNode {
    private final Deadline deadline;

    Alarm(Deadline deadline) {
      this.deadline = deadline;
    }

    @Override
    protected void fired(long nowNanos) {
      deadline.wakeAll();
    }
  }
}
