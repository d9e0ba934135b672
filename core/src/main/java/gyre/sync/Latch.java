package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.WaitPoint;
import gyre.Waiter;
import gyre.spi.Internals;

/**
 * A door that opens for good once so many things have happened, as a source.
 *
 * <pre>{@code
 * Latch ready = Latch.create("workers", 3);
 * ...
 * ready.countDown();      // each of three workers
 * ...
 * Fiber.await(ready);     // whoever needs them
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused. Need not be
 *       closed.
 *   <li><b>Fairness</b>: all that wait go on together, in the order in which they came.
 *   <li><b>Cancellation</b>: a wait that is cancelled changes nothing.
 *   <li><b>Cost</b>: counting down allocates nothing.
 * </ul>
 */
public final class Latch extends WaitPoint {
  private final Loop loop;
  private final String name;
  private int count;

  private Latch(String name, int count) {
    this.loop = Loop.current();
    this.name = name;
    this.count = count;
  }

  /**
   * One that opens once.
   *
   * @param count how often {@link #countDown} opens it; 0 is open
   */
  public static Latch create(String name, int count) {
    if (count < 0) {
      throw new IllegalArgumentException("count is " + count + ": must not be negative");
    }
    return new Latch(name, count);
  }

  /** One thing less is missing. Has no effect once it is open. Does not park. */
  public void countDown() {
    Internals.checkThread(loop);
    if (count > 0) {
      count--;
      if (count == 0) {
        wakeAll();
      }
    }
  }

  /** Parks until it is open. */
  public void await() {
    Fiber.await(this);
  }

  /** How many things are missing. */
  public int count() {
    Internals.checkThread(loop);
    return count;
  }

  @Override
  public boolean isReady() {
    return count == 0;
  }

  @Override
  public void arm(Waiter waiter) {
    Internals.checkThread(loop);
    super.arm(waiter);
  }

  @Override
  public String doing() {
    return "waiting for latch " + name + ", " + count + " missing";
  }
}
