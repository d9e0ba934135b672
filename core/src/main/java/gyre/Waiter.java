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
 *   ARMED or WOKEN --settle--&gt; SETTLED ----------------------------------------disarm--&gt; IDLE
 * </pre>
 *
 * <p>{@link #wake} only says that the source is ready; the fiber decides what it does about it.
 * {@link #settle} is for sources in which two fibers meet and one of them acts for both, as where
 * an item goes from a sender to a receiver: from then on the wait has ended by this source.
 */
public final class Waiter {
  private enum State {
    IDLE,
    ARMED,
    WOKEN,
    SETTLED,
    CLAIMING
  }

  private final Loop loop;

  /** Who waits: a fiber, or code of the runtime that is called. */
  private final @Nullable Fiber<?> fiber;

  private final @Nullable Runnable onWake;
  private @Nullable Source source;
  private State state = State.IDLE;

  /** The list that this stands in, and the links of it. */
  @Nullable WaitPoint place;

  @Nullable Waiter next;
  @Nullable Waiter previous;

  /** Where this is one of several for one wait. */
  private final @Nullable FirstOf group;

  Waiter(Fiber<?> fiber) {
    this(fiber, null);
  }

  Waiter(Fiber<?> fiber, @Nullable FirstOf group) {
    this.loop = fiber.loop();
    this.fiber = fiber;
    this.onWake = null;
    this.group = group;
  }

  /** A wait without a fiber: {@code onWake} is run by whoever wakes it, and must disarm it. */
  Waiter(Loop loop, Runnable onWake) {
    this.loop = loop;
    this.fiber = null;
    this.onWake = onWake;
    this.group = null;
  }

  /**
   * For the source: it is ready. Has no effect on a waiter that is woken already, or gone. On the
   * fiber's loop alone.
   */
  public void wake() {
    checkThread();
    if (state == State.ARMED) {
      state = State.WOKEN;
      goOn();
    }
  }

  /**
   * For the source, which has done or is about to do for the fiber what it waits for: ends the wait
   * by this source, whatever else becomes ready, and also if the fiber is cancelled before it goes
   * on. Answers false, and has no effect, if the wait has ended otherwise; then nothing may be done
   * for the fiber. The source must be ready when this fiber goes on. On the fiber's loop alone.
   */
  public boolean settle() {
    checkThread();
    if (!isUndecided()) {
      return false;
    }
    state = State.SETTLED;
    if (group != null) {
      group.settledBy(this);
    }
    goOn();
    return true;
  }

  private void goOn() {
    if (fiber != null) {
      fiber.wake();
    }
    if (onWake != null) {
      onWake.run();
    }
  }

  /** Whether {@link #settle} would end the wait. */
  public boolean isUndecided() {
    return (state == State.ARMED || state == State.WOKEN) && (group == null || group.isUndecided());
  }

  /** The fiber that waits. */
  public Fiber<?> fiber() {
    if (fiber == null) {
      throw new IllegalStateException("no fiber waits here, but code of the runtime");
    }
    return fiber;
  }

  @Nullable Fiber<?> fiberIfAny() {
    return fiber;
  }

  void checkThread() {
    loop.checkThread();
  }

  boolean isArmed() {
    return state == State.ARMED;
  }

  /** For the source, while it is disarmed: whether the fiber goes on to take what it waited for. */
  public boolean isClaiming() {
    return state == State.CLAIMING || state == State.SETTLED;
  }

  boolean isSettled() {
    return state == State.SETTLED;
  }

  /**
   * For the source, while it is disarmed: whether this was woken and goes away without taking what
   * it was woken for, so that somebody else must have it.
   */
  public boolean isLeavingUnclaimed() {
    return state == State.WOKEN;
  }

  /** What is waited for at present. */
  @Nullable Source source() {
    return source;
  }

  void arm(Source awaited) {
    assert state == State.IDLE : "a waiter waits for one thing at a time, not for " + source;
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
    if (claims && state != State.SETTLED) {
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
