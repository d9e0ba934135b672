package gyre;

import gyre.loop.TimerNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A token that tells work to end. Tokens form a tree: cancelling one cancels all below it, and
 * every parking call of a fiber observes the token that the fiber runs under.
 *
 * <p>Each {@link Scope} has one. Further ones bound a piece of work by time ({@link #within}) or by
 * whoever holds them ({@link #child}), or protect it from cancellation ({@link #shield}). A
 * cancelled token stays so.
 *
 * <p>From any thread: {@link #cancel}, {@link #isCancelled}, {@link #reason} and {@link #check}, so
 * that work which was offloaded can look. All else is refused elsewhere than on the loop.
 */
public final class Cancellation implements AutoCloseable {
  private final Loop loop;
  private final @Nullable Cancellation parent;

  /**
   * The fiber whose block of code this token is for, and the scope whose fibers it is for, if any.
   */
  private final @Nullable Fiber<?> owner;

  private final @Nullable Scope scope;

  private @Nullable Cancellation firstChild;
  private @Nullable Cancellation nextSibling;
  private @Nullable Cancellation previousSibling;

  /** In the order in which they came. */
  private @Nullable Listener firstListener;

  private @Nullable Listener lastListener;
  private @Nullable Limit deadline;
  private @Nullable Cancelled cancelled; // made by the first who waits for it

  private volatile @Nullable Cause cause;

  /** A thread outside has cancelled this already: spares the inbox a flood. */
  private volatile boolean requested;

  /** Why a token was cancelled. Those that are cancelled together share one. */
  private record Cause(String reason, @Nullable Throwable failure, boolean byDeadline) {}

  private Cancellation(
      Loop loop, @Nullable Cancellation parent, @Nullable Fiber<?> owner, @Nullable Scope scope) {
    this.loop = loop;
    this.parent = parent;
    this.owner = owner;
    this.scope = scope;
    if (parent != null) {
      parent.adopt(this);
    }
  }

  static Cancellation forScope(
      Scope scope, @Nullable Cancellation parent, @Nullable Fiber<?> owner) {
    return new Cancellation(scope.loop(), parent, owner, scope);
  }

  /** The token that the calling fiber runs under. */
  public static Cancellation current() {
    return Fiber.current().cancellation();
  }

  /**
   * Runs {@code work} in the calling fiber with a limit of time. When it has passed, the parking
   * call that the work is in throws {@link DeadlineExceededException}. Scopes that the work opens
   * and does not close are closed at its end.
   */
  public static <R extends @Nullable Object> R within(Duration limit, Callable<R> work)
      throws Exception {
    Fiber<?> fiber = Fiber.current();
    try (Cancellation token = new Cancellation(fiber.loop(), fiber.cancellation(), fiber, null)) {
      token.arm(limit);
      return token.runAs(fiber, work);
    }
  }

  /** As {@link #within(Duration, Callable)}, for work without a result. */
  public static void within(Duration limit, Task work) throws Exception {
    within(
        limit,
        () -> {
          work.run();
          return true;
        });
  }

  /**
   * Runs {@code work} in the calling fiber undisturbed by cancellation from outside, for at most
   * {@code limit}: for what must be waited for in a {@code finally} block.
   */
  public static void shield(Duration limit, Task work) throws Exception {
    Fiber<?> fiber = Fiber.current();
    try (Cancellation token = new Cancellation(fiber.loop(), null, fiber, null)) {
      token.arm(limit);
      token.runAs(
          fiber,
          () -> {
            work.run();
            return true;
          });
    }
  }

  /** A new token below this one. Close it when it is no longer needed. */
  public Cancellation child() {
    loop.checkOnLoop();
    return new Cancellation(loop, this, null, null);
  }

  /**
   * A new token below this one that cancels itself after a time. Close it when no longer needed.
   */
  public Cancellation child(Duration limit) {
    Cancellation child = child();
    child.arm(limit);
    return child;
  }

  /**
   * Runs {@code work} in the calling fiber so that its parking calls observe this token as well.
   * Scopes that the work opens and does not close are closed at its end.
   */
  public <R extends @Nullable Object> R call(Callable<R> work) throws Exception {
    Fiber<?> fiber = loop.fiber();
    check();
    try (Cancellation link = new Cancellation(loop, fiber.cancellation(), fiber, null)) {
      Registration registration = onCancel(() -> link.follow(this));
      try {
        return link.runAs(fiber, work);
      } finally {
        registration.close();
      }
    }
  }

  /** As {@link #call}, for work without a result. */
  public void run(Task work) throws Exception {
    call(() -> {
      work.run();
      return true;
    });
  }

  /** Cancels this token and all below it. Has no effect the second time. From any thread. */
  public void cancel(String reason) {
    if (loop.onLoop()) {
      cancel(reason, null, false);
    } else if (!requested) {
      requested = true;
      loop.postInternal(() -> cancel(reason, null, false));
    }
  }

  void cancel(String why, @Nullable Throwable failure, boolean late) {
    cancel(new Cause(why, failure, late));
  }

  private void cancel(Cause why) {
    if (cause != null) {
      return;
    }
    cause = why;
    for (Cancellation child = firstChild; child != null; child = child.nextSibling) {
      child.cancel(why);
    }
    if (owner != null && owner.cancellation().isCancelled()) {
      owner.cancelled();
    }
    if (scope != null) {
      scope.wakeCancelled();
    }
    if (cancelled != null) {
      cancelled.wakeAll();
    }
    for (Listener told = firstListener; told != null; told = firstListener) {
      told.close();
      loop.enqueueCallback(told.action);
    }
  }

  @Nullable Cancellation parent() {
    return parent;
  }

  /** The fiber whose block of code this is for, if it is for one. */
  @Nullable Fiber<?> owner() {
    return owner;
  }

  /** Whether this protects a fiber from what comes from outside. */
  boolean isShield() {
    return parent == null && scope != loop.root();
  }

  public boolean isCancelled() {
    return cause != null;
  }

  /** Whether it was {@code other} that was cancelled, and this with it. */
  @SuppressWarnings("ReferenceEquality") // this very cause, not one like it
  boolean isCancelledWith(Cancellation other) {
    Cause why = cause;
    return why != null && why == other.cause;
  }

  /** Why this was cancelled, or null if it is not. */
  public @Nullable String reason() {
    Cause why = cause;
    return why == null ? null : why.reason;
  }

  /**
   * Time until the first limit of this token and of those above it has passed; 0 if this is
   * cancelled, {@link Long#MAX_VALUE} if there is no limit. So that nothing is begun that could not
   * end in time. On the loop.
   */
  public long remainingNanos() {
    loop.checkThread();
    long leastNanos = isCancelled() ? 0 : Long.MAX_VALUE;
    for (Cancellation token = this; token != null; token = token.parent) {
      Limit limit = token.deadline;
      if (limit != null && limit.isScheduled()) {
        leastNanos = Math.min(leastNanos, Math.max(0, loop.remainingNanos(limit)));
      }
    }
    return leastNanos;
  }

  /**
   * Throws {@link CancelledException} if this is cancelled: for loops that compute and never park.
   */
  public void check() {
    Cause why = cause;
    if (why != null) {
      throw why.byDeadline
          ? new DeadlineExceededException(why.reason)
          : new CancelledException(why.reason, why.failure);
    }
  }

  /**
   * Runs {@code listener} in a fiber of the loop when this token is cancelled; soon if it is
   * already. The registration takes the listener back.
   */
  public Registration onCancel(Runnable listener) {
    loop.checkOnLoop();
    if (isCancelled()) {
      loop.enqueueCallback(listener);
      return () -> {};
    }
    return new Listener(this, listener);
  }

  /**
   * Ready once this token is cancelled: for a fiber that does not run under it, and waits for that
   * or something else. One that does is told by an exception.
   */
  public Source cancelled() {
    loop.checkThread();
    Cancelled known = cancelled;
    if (known == null) {
      known = new Cancelled(this);
      cancelled = known;
    }
    return known;
  }

  private static final class Cancelled extends WaitPoint {
    private final Cancellation token;

    Cancelled(Cancellation token) {
      this.token = token;
    }

    @Override
    public boolean isReady() {
      return token.isCancelled();
    }

    @Override
    public String doing() {
      return "waiting for a cancellation";
    }
  }

  /** A link of the token's list: thousands come and go on one token that they share. */
  private static final class Listener implements Registration {
    private final Cancellation token;
    private final Runnable action;
    private @Nullable Listener previous;
    private @Nullable Listener next;
    private boolean isLinked = true;

    Listener(Cancellation token, Runnable action) {
      this.token = token;
      this.action = action;
      Listener last = token.lastListener;
      previous = last;
      if (last == null) {
        token.firstListener = this;
      } else {
        last.next = this;
      }
      token.lastListener = this;
    }

    @Override
    public void close() {
      token.loop.checkThread();
      if (!isLinked) {
        return;
      }
      isLinked = false;
      if (previous == null) {
        token.firstListener = next;
      } else {
        previous.next = next;
      }
      if (next == null) {
        token.lastListener = previous;
      } else {
        next.previous = previous;
      }
      previous = null;
      next = null;
    }
  }

  void disarm() {
    if (deadline != null) {
      loop.cancelTimer(deadline);
      deadline = null;
    }
  }

  /** Leaves the tree: this token is no longer cancelled with its parent. */
  @Override
  public void close() {
    loop.checkThread();
    disarm();
    Cancellation above = parent;
    if (above == null || (above.firstChild != this && previousSibling == null)) {
      return;
    }
    if (previousSibling == null) {
      above.firstChild = nextSibling;
    } else {
      previousSibling.nextSibling = nextSibling;
    }
    if (nextSibling != null) {
      nextSibling.previousSibling = previousSibling;
    }
    previousSibling = null;
    nextSibling = null;
  }

  void arm(Duration limit) {
    disarm();
    Limit timer = new Limit(this, limit);
    deadline = timer;
    loop.startTimerFromNow(timer, Durations.nanos(limit));
  }

  private void adopt(Cancellation child) {
    child.nextSibling = firstChild;
    if (firstChild != null) {
      firstChild.previousSibling = child;
    }
    firstChild = child;
    child.cause = cause;
  }

  private void follow(Cancellation other) {
    Cause why = other.cause;
    assert why != null;
    cancel(why);
  }

  private <R extends @Nullable Object> R runAs(Fiber<?> fiber, Callable<R> work) throws Exception {
    Cancellation before = fiber.cancellation();
    Scope scopeBefore = fiber.currentScope();
    fiber.enter(scopeBefore, this);
    R result;
    try {
      result = work.call();
    } catch (Throwable e) {
      fiber.closeScopesUpTo(scopeBefore, e);
      fiber.enter(scopeBefore, before);
      throw e;
    }
    Throwable left = fiber.closeScopesUpTo(scopeBefore, null);
    fiber.enter(scopeBefore, before);
    if (left != null) {
      throw Failures.rethrow(left);
    }
    return result;
  }

  private static final class Limit extends TimerNode {
    private final Cancellation token;
    private final Duration limit;

    Limit(Cancellation token, Duration limit) {
      this.token = token;
      this.limit = limit;
    }

    @Override
    protected void fired(long nowNanos) {
      token.cancel("not done within " + limit.toMillis() + " ms", null, true);
    }
  }
}
