package gyre.sync;

import gyre.Fiber;
import gyre.Source;

/**
 * Tells fibers of the same loop that something has happened, without saying what.
 *
 * <p>{@link #one} wakes the fiber that has waited for longest. If none waits the next one that does
 * goes on at once: that is remembered, once. {@link #all} wakes those that wait at this moment, and
 * is not remembered. So {@code while (!done) changed.await();} misses nothing, as nothing runs
 * between the look and the wait.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused. {@link
 *       gyre.Signal} tells a fiber from any thread.
 *   <li><b>Fairness</b>: first come, first served.
 *   <li><b>Cancellation</b>: a fiber that {@code one} has woken, and that is cancelled before it
 *       runs, hands it on to the next; if there is none it is remembered.
 *   <li><b>Cost</b>: a wait that parks, one small object.
 * </ul>
 */
public final class Notify {
  private final Grants grants;

  private Notify(String name) {
    grants = new Grants("notification " + name, 0, 1);
  }

  public static Notify create(String name) {
    return new Notify(name);
  }

  /** Wakes one fiber, or the next that comes to wait. Does not park. */
  public void one() {
    Fiber<?> ignored = grants.caller();
    grants.give(1);
  }

  /** Wakes all that wait now. Does not park. */
  public void all() {
    Fiber<?> ignored = grants.caller();
    grants.releaseAll();
  }

  /** Parks until it is notified. */
  public void await() {
    Fiber<?> caller = grants.caller();
    if (!grants.tryTake(1)) {
      grants.await(caller, new Wait(grants));
    }
  }

  /** To wait for it or something else. */
  public Notified notified() {
    return new Wait(grants);
  }

  /** A wait for a {@link Notify}, for one fiber at a time. */
  public interface Notified extends Source {
    /**
     * Takes the notification: to be called when this was waited for and chosen, before anything
     * parks. Does not park.
     *
     * @throws IllegalStateException if there is none
     */
    void take();
  }

  /** How many fibers wait. */
  public int waiting() {
    Fiber<?> ignored = grants.caller();
    return grants.waiting();
  }

  @Override
  public String toString() {
    return grants.what;
  }

  private static final class Wait extends Demand implements Notified {
    Wait(Grants grants) {
      super(grants, 1);
    }

    @Override
    public void take() {
      Fiber<?> ignored = grants.caller();
      claim();
    }
  }
}
