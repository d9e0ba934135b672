package gyre.sync;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Source;
import gyre.spi.Internals;
import java.time.Duration;

/**
 * Work at regular times in a fiber of its own: as the timers of {@code Loop.every}, for code that
 * is written straight down.
 *
 * <pre>{@code
 * Ticker ticker = Ticker.every(Duration.ofSeconds(10));
 * while (true) {
 *   ticker.await();
 *   collect();
 * }
 * }</pre>
 *
 * <p>Used by one fiber at a time, of the loop on which it was made. A wait that is cancelled has
 * taken no tick. Need not be closed: a timer runs only while the fiber waits.
 */
public final class Ticker {
  /** What becomes of ticks for which nobody waited in time. */
  public enum Missed {
    /** They are counted and left out; later ticks stay at whole periods after the first. */
    SKIP,
    /** They are made up for, one after the other, without pause. */
    BURST,
    /** The next comes a whole period after the one that was late. */
    DELAY
  }

  private final Loop loop;
  private final long periodNanos;
  private final Missed rule;
  private long nextNanos;
  private long missed;

  private Ticker(Duration period, Missed rule) {
    this.loop = Loop.current();
    this.periodNanos = Nanos.positive("period", period);
    this.rule = rule;
    this.nextNanos = Internals.engine(loop).nanoTime() + periodNanos;
  }

  /** The first tick comes in a period from now; those that are missed are skipped. */
  public static Ticker every(Duration period) {
    return new Ticker(period, Missed.SKIP);
  }

  public static Ticker every(Duration period, Missed rule) {
    return new Ticker(period, rule);
  }

  /** Parks until the next tick; not at all if it is due already. */
  public void await() {
    Deadline due = due();
    while (!due.isReady()) {
      Fiber.await(due);
    }
    took();
  }

  /** To wait for the next tick or something else; then call {@link #await}, which does not park. */
  public Source next() {
    return due();
  }

  /** Ticks that were left out, by {@link Missed#SKIP}. */
  public long missed() {
    return missed;
  }

  private long nowNanos() {
    return Internals.engine(loop).nanoTime();
  }

  private Deadline due() {
    return Deadline.in(Duration.ofNanos(Math.max(0, nextNanos - nowNanos())));
  }

  private void took() {
    long lateNanos = Math.max(0, nowNanos() - nextNanos);
    switch (rule) {
      case SKIP -> {
        long whole = lateNanos / periodNanos;
        missed += whole;
        nextNanos += (whole + 1) * periodNanos;
      }
      case BURST -> nextNanos += periodNanos;
      case DELAY -> nextNanos += lateNanos + periodNanos;
    }
  }
}
