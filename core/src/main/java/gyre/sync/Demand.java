package gyre.sync;

import gyre.Fiber;
import gyre.HoldWait;
import gyre.Waiter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A fiber's wait for units of {@link Grants}.
 *
 * <pre>
 *   IDLE --arm--&gt; QUEUED --granted--&gt; GRANTED --claim-------------------------&gt; IDLE
 *                    |                   '-----leaves unclaimed, gives back------&gt; IDLE
 *                    '--disarm: cancelled, or another source was first-----------&gt; IDLE
 * </pre>
 */
abstract class Demand extends HoldWait {
  private enum State {
    IDLE,
    QUEUED,
    GRANTED
  }

  final Grants grants;
  private final long units;
  private State state = State.IDLE;
  private @Nullable Waiter waiter;

  /** What was set aside for it. */
  private long setAside;

  /** Links in the line. */
  @Nullable Demand next;

  @Nullable Demand previous;

  Demand(Grants grants, long units) {
    this.grants = grants;
    this.units = units;
  }

  long units() {
    return units;
  }

  @Override
  public boolean isReady() {
    return switch (state) {
      case IDLE -> grants.canTake(units);
      case QUEUED -> false;
      case GRANTED -> true;
    };
  }

  @Override
  public void arm(Waiter newWaiter) {
    Fiber<?> ignored = grants.caller();
    if (state != State.IDLE) {
      throw new IllegalStateException(
          "another fiber waits for this request of " + what() + ": make one for each");
    }
    waiter = newWaiter;
    state = State.QUEUED;
    grants.enqueue(this);
  }

  @Override
  public void disarm(Waiter leaving) {
    assert leaving == waiter;
    waiter = null;
    switch (state) {
      case QUEUED -> {
        state = State.IDLE;
        grants.leave(this);
      }
      case GRANTED -> {
        if (leaving.isLeavingUnclaimed()) {
          state = State.IDLE;
          grants.give(setAside);
        }
      }
      case IDLE -> throw new AssertionError(what() + ": disarmed, and nobody waits");
    }
  }

  /** Units have been set aside for this. */
  void granted(long newSetAside) {
    Waiter woken = waiter;
    assert state == State.QUEUED && woken != null;
    state = State.GRANTED;
    setAside = newSetAside;
    woken.wake();
  }

  /** Takes what was set aside, or is free. */
  void claim() {
    switch (state) {
      case GRANTED -> state = State.IDLE;
      case IDLE -> {
        if (!grants.tryTake(units)) {
          throw notReady();
        }
      }
      case QUEUED -> throw notReady();
    }
  }

  private IllegalStateException notReady() {
    return new IllegalStateException(
        what() + " is not to be had at once: await the request, and take it if it was chosen");
  }

  @Override
  protected void eachHolder(Consumer<Fiber<?>> action) {}

  @Override
  protected String what() {
    return grants.what;
  }

  @Override
  public String doing() {
    return "waiting for " + what();
  }

  @Override
  public String toString() {
    return doing();
  }
}
