package gyre.sync;

import gyre.DeadlockException;
import gyre.Fiber;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets one fiber at a time into a section that parks. Code between two parking calls needs no lock:
 * the fibers of a loop never run at the same time.
 *
 * <pre>{@code
 * Mutex mutex = Mutex.create("accounts");
 * ...
 * try (var _ = mutex.hold()) {
 *   balance = read();          // parks
 *   write(balance + amount);   // parks
 * }
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; its fibers alone may use it, and
 *       anybody else gets an {@link IllegalStateException}. Need not be closed.
 *   <li><b>Fairness</b>: first come, first served. It is handed from one to the next, so that a
 *       fiber that gives it back and wants it again stands behind those who wait.
 *   <li><b>Cancellation</b>: a wait that is cancelled has taken nothing. A mutex that is free is
 *       taken also by a fiber that is cancelled: to clean up.
 *   <li><b>Holders</b>: the fiber that took it gives it back. It is not reentrant. A wait that
 *       would never be over throws {@link DeadlockException}, which says who waits for whom. If a
 *       fiber ends with it, that is reported, and it is given back.
 *   <li><b>Cost</b>: free, some ten nanoseconds and no memory; a wait, one small object.
 * </ul>
 */
public final class Mutex {
  private final Grants grants;
  private final Holding holding;

  private Mutex(String name) {
    grants = new Grants("mutex " + name, 1, 1);
    holding = new Holding(grants, 1, null);
  }

  /** A mutex for fibers of the loop that the calling code runs on. */
  public static Mutex create(String name) {
    return new Mutex(name);
  }

  /** Takes it; parks until that is possible. To be given back by {@link Permit#close}. */
  public Permit hold() {
    Fiber<?> caller = grants.caller();
    if (!grants.tryTake(1)) {
      grants.await(caller, new Wait(this));
    }
    return holding.taken(caller);
  }

  /** As {@link #hold}, to be given back by {@link #unlock}. */
  public void lock() {
    Permit ignored = hold();
  }

  /** Takes it if nobody holds it or waits for it. Does not park. */
  public boolean tryLock() {
    Fiber<?> caller = grants.caller();
    if (!grants.tryTake(1)) {
      return false;
    }
    Permit ignored = holding.taken(caller);
    return true;
  }

  /**
   * Gives it back, and wakes the one that has waited for longest. Does not park.
   *
   * @throws IllegalStateException if the calling fiber does not hold it
   */
  public void unlock() {
    holding.close();
  }

  /** To wait for it or something else. */
  public Request request() {
    return new Wait(this);
  }

  /** The fiber that holds it, or null. */
  public @Nullable Fiber<?> holder() {
    Fiber<?> ignored = grants.caller();
    return holding.fiber();
  }

  /** How many fibers wait for it. */
  public int waiting() {
    Fiber<?> ignored = grants.caller();
    return grants.waiting();
  }

  /** Throws unless the caller is a fiber of this loop. */
  void checkCaller() {
    Fiber<?> ignored = grants.caller();
  }

  @Override
  public String toString() {
    return holding.toString();
  }

  private static final class Wait extends Demand implements Request {
    private final Mutex mutex;

    Wait(Mutex mutex) {
      super(mutex.grants, 1);
      this.mutex = mutex;
    }

    @Override
    public Permit take() {
      Fiber<?> caller = grants.caller();
      claim();
      return mutex.holding.taken(caller);
    }

    @Override
    protected void eachHolder(Consumer<Fiber<?>> action) {
      Fiber<?> holder = mutex.holding.fiber();
      if (holder != null) {
        action.accept(holder);
      }
    }

    @Override
    public String doing() {
      return "waiting for " + mutex.holding;
    }
  }
}
