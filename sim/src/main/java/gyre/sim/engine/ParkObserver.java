package gyre.sim.engine;

import gyre.Fiber;

/** Is told of each park of each fiber of a universe, and may have it end early. */
public interface ParkObserver {
  /**
   * The running fiber is about to park.
   *
   * @param engine of its loop
   */
  void parking(SimEngine engine, Fiber<?> fiber);

  /** The running fiber goes on, and has not looked yet whether it is cancelled. */
  void resumed(Fiber<?> fiber);
}
