package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.WaitPoint;
import gyre.spi.Internals;

/**
 * Where so many fibers wait for each other, again and again.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused. Need not be
 *       closed.
 *   <li><b>Fairness</b>: those of a round go on together.
 *   <li><b>Cancellation</b>: a fiber that is cancelled while it waits takes its arrival back, and
 *       the others go on waiting: for it to come again, or for another one. One that is cancelled
 *       when all have arrived returns as the others do, so that whoever was counted has passed.
 *   <li><b>Cost</b>: one small object for each round.
 * </ul>
 */
public final class Barrier {
  private final Loop loop;
  private final String name;
  private final int parties;
  private Round round;

  private Barrier(String name, int parties) {
    this.loop = Loop.current();
    this.name = name;
    this.parties = parties;
    this.round = new Round(name, parties);
  }

  /**
   * One that lets nobody pass before all are there.
   *
   * @param parties how many wait for each other; at least 1
   */
  public static Barrier create(String name, int parties) {
    if (parties < 1) {
      throw new IllegalArgumentException("parties is " + parties + ": must be at least 1");
    }
    return new Barrier(name, parties);
  }

  /**
   * Arrives, and parks until all have.
   *
   * @return as which one it has arrived, from 0; the last, {@code parties - 1}, did not wait
   */
  public int await() {
    Fiber<?> caller = Internals.callerOn(loop);
    Round mine = round;
    int index = mine.arrived++;
    if (mine.arrived == parties) {
      mine.isOver = true;
      round = new Round(name, parties);
      mine.wakeAll();
      return index;
    }
    try {
      Internals.await(caller, mine);
    } catch (Throwable cancelled) {
      if (!mine.isOver) {
        mine.arrived--;
        throw cancelled;
      }
    }
    return index;
  }

  /** How many wait at present. */
  public int arrived() {
    Internals.checkThread(loop);
    return round.arrived;
  }

  public int parties() {
    return parties;
  }

  @Override
  public String toString() {
    return "barrier " + name + ", " + round.arrived + " of " + parties;
  }

  private static final class Round extends WaitPoint {
    private final String name;
    private final int parties;
    private int arrived;
    private boolean isOver;

    Round(String name, int parties) {
      this.name = name;
      this.parties = parties;
    }

    @Override
    public boolean isReady() {
      return isOver;
    }

    @Override
    public String doing() {
      return "waiting at barrier " + name + ", " + arrived + " of " + parties + " are there";
    }
  }
}
