package gyre.sim.scenario;

import gyre.Loop;
import java.time.Duration;

/**
 * What one timer may do: never fire early, nor later than it may, never after it was cancelled,
 * once for each start, and if periodic at whole periods after the first, of which those that went
 * by are counted.
 */
final class TimerModel {
  private final String name;
  private final long latestNanos;
  private final Loop loop;
  private long dueNanos;
  private boolean armed;
  private long fired;

  /**
   * Of one timer.
   *
   * @param latestNanos how late it may be
   */
  TimerModel(String name, long latestNanos) {
    this.name = name;
    this.latestNanos = latestNanos;
    this.loop = Loop.current();
  }

  /** It is started or restarted: call before, with the same delay. */
  void starts(Duration delay) {
    dueNanos = loop.nanoTime() + delay.toNanos();
    armed = true;
  }

  void cancels() {
    armed = false;
  }

  /** A timer that runs once has fired. */
  void fires() {
    Weathered.check(armed, name + " fired, and was cancelled or has fired before");
    armed = false;
    fired++;
    long lateNanos = loop.nanoTime() - dueNanos;
    Weathered.check(lateNanos >= 0, name + " fired " + -lateNanos + " ns too early");
    Weathered.check(
        lateNanos <= latestNanos, name + " fired " + lateNanos + " ns late, not " + latestNanos);
  }

  /** A timer with a fixed rate has fired, and has missed so many so far. */
  void firesAgain(Duration period, long missed, long startNanos) {
    Weathered.check(armed, name + " fired, and was cancelled before");
    fired++;
    long periods = (loop.nanoTime() - startNanos) / period.toNanos();
    Weathered.check(
        fired + missed <= periods,
        name
            + " has fired "
            + fired
            + " times and missed "
            + missed
            + " in "
            + periods
            + " periods");
    Weathered.check(
        fired + missed >= periods - 1,
        name
            + " drifts: it has fired "
            + fired
            + " times and missed "
            + missed
            + " in "
            + periods
            + " periods");
  }

  /** Nothing is owed any more. */
  void checkIdle() {
    Weathered.check(!armed, name + " was due at " + dueNanos + " and has not fired");
  }

  long fired() {
    return fired;
  }
}
