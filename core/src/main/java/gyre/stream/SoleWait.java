package gyre.stream;

import gyre.Fiber;
import gyre.Source;
import gyre.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * A source in a stream for which one fiber at a time may wait. A second one is refused, and told
 * who waits.
 *
 * <p>The place is taken from {@link #arm} to {@link #disarm}: also while the fiber was woken and
 * has not run yet, so that nobody can take what it was woken for. Allocates nothing.
 */
public abstract class SoleWait implements Source {
  private @Nullable Waiter waiter;

  protected SoleWait() {}

  /** Throws where nobody may wait here: on another thread, or for the style of use. */
  protected abstract void checkMayWait();

  /** A fiber waits from now on: sets going what it waits for. May wake it. */
  protected abstract void begin();

  /** The fiber has gone on, for whatever reason. */
  protected abstract void end();

  public final boolean isTaken() {
    return waiter != null;
  }

  /** The fiber that waits, or was woken and has not run yet. */
  public final @Nullable Fiber<?> fiber() {
    Waiter known = waiter;
    return known == null ? null : known.fiber();
  }

  public final void checkFree() {
    Waiter other = waiter;
    if (other != null) {
      throw new IllegalStateException(
          "fiber " + other.fiber().name() + " is " + doing() + " already");
    }
  }

  /** Lets the fiber look again whether it can go on. */
  public final void wake() {
    Waiter known = waiter;
    if (known != null) {
      known.wake();
    }
  }

  @Override
  public final void arm(Waiter arriving) {
    checkMayWait();
    checkFree();
    waiter = arriving;
    begin();
  }

  @Override
  public final void disarm(Waiter leaving) {
    assert waiter == leaving : doing() + ": another fiber leaves";
    waiter = null;
    end();
  }

  @Override
  public final String toString() {
    return doing();
  }
}
