package gyre.sync;

import gyre.DeadlockException;
import gyre.Fiber;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets many fibers read together, or one write alone, in sections that park. Worth it where reading
 * parks and is far more frequent than writing; else use {@link Mutex}, which costs less.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made, as a {@link Mutex} does.
 *   <li><b>Fairness</b>: first come, first served. Readers that come after a writer wait for it, so
 *       no writer starves; readers that stand next to each other in line enter together.
 *   <li><b>Cancellation</b>: a wait that is cancelled has taken nothing, and lets those behind it
 *       pass.
 *   <li><b>Holders</b>: as of a {@link Mutex}. A reader that wants to write has to give back the
 *       right to read first; a fiber that reads already and reads again may wait for a writer that
 *       waits for it. Both throw {@link DeadlockException}.
 *   <li><b>Cost</b>: one small object for each time it is taken.
 * </ul>
 */
public final class RwLock {
  /** What a writer takes is all there is. */
  private static final long ALL = 1L << 40;

  private final Grants grants;
  private final Holders holders = new Holders();

  private RwLock(String name) {
    grants = new Grants("rwlock " + name, ALL, ALL);
  }

  /** A lock for fibers of the loop that the calling code runs on. */
  public static RwLock create(String name) {
    return new RwLock(name);
  }

  /** Enters as a reader, beside others; parks while somebody writes, or waits to. */
  public Permit read() {
    return hold(1);
  }

  /** Enters as the writer, alone; parks until all others are out. */
  public Permit write() {
    return hold(ALL);
  }

  /** As {@link #read}, to be given back by {@link #unlockRead}. */
  public void lockRead() {
    Permit ignored = hold(1);
  }

  /** As {@link #write}, to be given back by {@link #unlockWrite}. */
  public void lockWrite() {
    Permit ignored = hold(ALL);
  }

  /** Enters as a reader if nobody writes or waits. Does not park. */
  public boolean tryLockRead() {
    return tryHold(1);
  }

  /** Enters as the writer if nobody else is in or waits. Does not park. */
  public boolean tryLockWrite() {
    return tryHold(ALL);
  }

  /**
   * Gives back what {@link #lockRead} took.
   *
   * @throws IllegalStateException if the calling fiber is no reader
   */
  public void unlockRead() {
    unlock(1, "for reading");
  }

  /**
   * Gives back what {@link #lockWrite} took.
   *
   * @throws IllegalStateException if the calling fiber is not the writer
   */
  public void unlockWrite() {
    unlock(ALL, "for writing");
  }

  /** To wait for the right to read or something else. */
  public Request requestRead() {
    return new Wait(this, 1);
  }

  /** To wait for the right to write or something else. */
  public Request requestWrite() {
    return new Wait(this, ALL);
  }

  /** How many read at present. */
  public int readers() {
    Fiber<?> ignored = grants.caller();
    long inUse = ALL - grants.free();
    return inUse >= ALL ? 0 : (int) inUse;
  }

  /** Whether somebody writes at present. */
  public boolean isWriting() {
    Fiber<?> ignored = grants.caller();
    return grants.free() == 0;
  }

  /** How many fibers wait for it. */
  public int waiting() {
    Fiber<?> ignored = grants.caller();
    return grants.waiting();
  }

  private Permit hold(long units) {
    Fiber<?> caller = grants.caller();
    if (!grants.tryTake(units)) {
      grants.await(caller, new Wait(this, units));
    }
    return new Holding(grants, units, holders).taken(caller);
  }

  private boolean tryHold(long units) {
    Fiber<?> caller = grants.caller();
    if (!grants.tryTake(units)) {
      return false;
    }
    Permit ignored = new Holding(grants, units, holders).taken(caller);
    return true;
  }

  private void unlock(long units, String purpose) {
    Fiber<?> caller = grants.caller();
    Holding mine = Holding.of(caller, grants, units);
    if (mine == null) {
      throw new IllegalStateException(
          "fiber " + caller.name() + " does not hold " + grants.what + " " + purpose);
    }
    mine.close(caller);
  }

  private String heldBy() {
    StringBuilder text = new StringBuilder();
    int others = 0;
    for (Holding holding = holders.first(); holding != null; holding = holding.next) {
      Fiber<?> fiber = holding.fiber();
      if (fiber != null && text.isEmpty()) {
        text.append(", held by fiber ").append(fiber.name());
      } else {
        others++;
      }
    }
    return others == 0 ? text.toString() : text + " and " + others + " others";
  }

  @Override
  public String toString() {
    return grants.what + heldBy();
  }

  private static final class Wait extends Demand implements Request {
    private final RwLock lock;

    Wait(RwLock lock, long units) {
      super(lock.grants, units);
      this.lock = lock;
    }

    @Override
    public Permit take() {
      Fiber<?> caller = grants.caller();
      claim();
      return new Holding(grants, units(), lock.holders).taken(caller);
    }

    @Override
    protected void eachHolder(Consumer<Fiber<?>> action) {
      for (Holding holding = lock.holders.first(); holding != null; holding = holding.next) {
        @Nullable Fiber<?> fiber = holding.fiber();
        if (fiber != null) {
          action.accept(fiber);
        }
      }
    }

    @Override
    public String doing() {
      return (units() == 1 ? "waiting to read " : "waiting to write ") + lock;
    }
  }
}
