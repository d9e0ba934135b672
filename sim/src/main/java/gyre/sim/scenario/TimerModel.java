package gyre.sim.scenario;

import gyre.Loop;
import java.time.Duration;

/**
 * What one timer may do: never fire early, never after it was cancelled, once for each start, and
 * if periodic at whole periods after the first, of which those that went by are counted.
 */
final class TimerModel {
  private final String name;
  private final Loop loop;
  private long dueNanos;
  private boolean armed;
  private long fired;

  TimerModel(String name) {
    this.name = name;
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
    checkNotEarly();
  }

  private void checkNotEarly() {
    fired++;
    long earlyNanos = dueNanos - loop.nanoTime();
    Weathered.check(earlyNanos <= 0, name + " fired " + earlyNanos + " ns too early");
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
