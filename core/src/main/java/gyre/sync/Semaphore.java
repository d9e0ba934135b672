package gyre.sync;

import gyre.Fiber;
import java.util.Optional;

/**
 * So many permits, for what may be done by so many at a time.
 *
 * <pre>{@code
 * Semaphore slots = Semaphore.create("downloads", 10);
 * ...
 * try (var _ = slots.acquire()) {
 *   download(url);
 * }
 * }</pre>
 *
 * <p>It bounds what runs, not what waits: a fiber started for each of a million items stands in
 * line with all its memory. {@link Work#forEach} starts only as many as may run.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused.
 *   <li><b>Fairness</b>: first come, first served, also if the first wants many permits and others
 *       few.
 *   <li><b>Cancellation</b>: a wait that is cancelled has taken nothing, and lets those behind it
 *       pass.
 *   <li><b>Permits</b> are given back by whoever has them: they may be handed to another fiber.
 *       Giving one back twice has no effect.
 *   <li><b>Cost</b>: one small object for each permit.
 * </ul>
 */
public final class Semaphore {
  private final Grants grants;

  private Semaphore(String name, int permits) {
    grants = new Grants("semaphore " + name, permits, permits);
  }

  /**
   * A semaphore for fibers of the loop that the calling code runs on.
   *
   * @param permits 0 or more
   */
  public static Semaphore create(String name, int permits) {
    checkTotal(permits);
    return new Semaphore(name, permits);
  }

  /** Takes one permit; parks until there is one. */
  public Permit acquire() {
    return acquire(1);
  }

  /**
   * Takes so many at once; parks until there are as many.
   *
   * @throws IllegalArgumentException if there are never so many
   */
  public Permit acquire(int permits) {
    Fiber<?> caller = grants.caller();
    checkAmount(permits);
    if (!grants.tryTake(permits)) {
      grants.await(caller, new Wait(grants, permits));
    }
    return new Taken(grants, permits);
  }

  /** Takes one permit if there is one and nobody waits. Does not park. */
  public Optional<Permit> tryAcquire() {
    return tryAcquire(1);
  }

  /** Takes so many at once if they are there and nobody waits. Does not park. */
  public Optional<Permit> tryAcquire(int permits) {
    Fiber<?> ignored = grants.caller();
    checkAmount(permits);
    return grants.tryTake(permits) ? Optional.of(new Taken(grants, permits)) : Optional.empty();
  }

  /** To wait for permits or something else. */
  public Request request(int permits) {
    checkAmount(permits);
    return new Wait(grants, permits);
  }

  /**
   * Changes how many permits there are in all. Those that are in use stay so; if there are more of
   * them than the new number, so many of those that come back are not handed out again.
   */
  public void resize(int permits) {
    Fiber<?> ignored = grants.caller();
    checkTotal(permits);
    grants.resize(permits);
  }

  /** How many could be taken now; below zero after it was made smaller. */
  public int available() {
    Fiber<?> ignored = grants.caller();
    return (int) grants.free();
  }

  /** How many there are in all. */
  public int permits() {
    Fiber<?> ignored = grants.caller();
    return (int) grants.total();
  }

  /** How many fibers wait. */
  public int waiting() {
    Fiber<?> ignored = grants.caller();
    return grants.waiting();
  }

  @Override
  public String toString() {
    return grants.what + ", " + grants.free() + " of " + grants.total() + " permits left";
  }

  private static void checkTotal(int permits) {
    if (permits < 0) {
      throw new IllegalArgumentException("permits is " + permits + ": must not be negative");
    }
  }

  private void checkAmount(int permits) {
    if (permits < 1 || permits > grants.total()) {
      throw new IllegalArgumentException(
          "permits is "
              + permits
              + ": must be between 1 and the "
              + grants.total()
              + " of "
              + grants.what);
    }
  }

  private static final class Taken implements Permit {
    private final Grants grants;
    private int permits;

    Taken(Grants grants, int permits) {
      this.grants = grants;
      this.permits = permits;
    }

    @Override
    public void close() {
      Fiber<?> ignored = grants.caller();
      int mine = permits;
      permits = 0;
      if (mine > 0) {
        grants.give(mine);
      }
    }
  }

  private static final class Wait extends Demand implements Request {
    Wait(Grants grants, int permits) {
      super(grants, permits);
    }

    @Override
    public Permit take() {
      Fiber<?> ignored = grants.caller();
      claim();
      return new Taken(grants, (int) units());
    }

    @Override
    public String doing() {
      return "waiting for "
          + units()
          + " of "
          + grants.what
          + ", "
          + grants.free()
          + " of "
          + grants.total()
          + " left";
    }
  }
}
