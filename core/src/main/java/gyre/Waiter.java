package gyre;

import org.jspecify.annotations.Nullable;

/**
 * One fiber's wait for one {@link Source}. Each fiber has a waiter built in, so that waiting for
 * one source allocates nothing.
 *
 * <pre>
 *   IDLE --arm--&gt; ARMED --wake--&gt; WOKEN --the fiber takes what it waited for--&gt; CLAIMING --disarm--&gt; IDLE
 *                   |               '---the fiber leaves without it-----------------disarm--&gt; IDLE
 *                   '---------------the fiber was cancelled, or another source was first----&gt; IDLE
 * </pre>
 */
public final class Waiter {
  private enum State {
    IDLE,
    ARMED,
    WOKEN,
    CLAIMING
  }

  private final Fiber<?> fiber;
  private @Nullable Source source;
  private State state = State.IDLE;

  /** The list that this stands in, and the links of it. */
  @Nullable WaitPoint place;

  @Nullable Waiter next;
  @Nullable Waiter previous;

  Waiter(Fiber<?> fiber) {
    this.fiber = fiber;
  }

  /**
   * For the source: it is ready. Has no effect on a waiter that is woken already, or gone. On the
   * fiber's loop alone.
   */
  public void wake() {
    checkThread();
    if (state == State.ARMED) {
      state = State.WOKEN;
      fiber.wake();
    }
  }

  /** The fiber that waits. */
  public Fiber<?> fiber() {
    return fiber;
  }

  void checkThread() {
    fiber.loop().checkThread();
  }

  boolean isArmed() {
    return state == State.ARMED;
  }

  /**
   * For the source, while it is disarmed: whether this was woken and goes away without taking what it
   * was woken for, so that somebody else must have it.
   */
  public boolean isLeavingUnclaimed() {
    return state == State.WOKEN;
  }

  /** What is waited for at present. */
  @Nullable Source source() {
    return source;
  }

  void arm(Source awaited) {
    assert state == State.IDLE : fiber.name() + " waits for two things with one waiter";
    state = State.ARMED;
    source = awaited;
    try {
      awaited.arm(this);
    } catch (Throwable refused) {
      assert place == null : "armed and refused";
      reset();
      throw refused;
    }
  }

  /**
   * Ends the wait.
   *
   * @param claims whether the fiber goes on to take what it waited for
   */
  void disarm(boolean claims) {
    Source awaited = source;
    assert awaited != null && state != State.IDLE;
    if (claims) {
      state = State.CLAIMING;
    }
    try {
      awaited.disarm(this);
    } finally {
      assert place == null : awaited.doing() + ": disarmed, and still in its list";
      reset();
    }
  }

  private void reset() {
    state = State.IDLE;
    source = null;
  }
}
