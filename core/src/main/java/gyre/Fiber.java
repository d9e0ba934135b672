package gyre;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A thread of straight-line code on a loop. It runs on the loop's own thread, and only there, so
 * what one loop's fibers share needs no lock between two parking calls.
 *
 * <p>A fiber belongs to a {@link Scope} and ends with it. It is parked by the calls that wait
 * (reads, writes, sleeps, joins) and must not block its thread otherwise: files, name look-ups and
 * long computations go through {@link #offload}.
 *
 * <p>Every parking call throws {@link CancelledException} once the fiber is cancelled.
 *
 * <pre>
 *   NEW --start--&gt; ALIVE --body returns--&gt; DONE
 *                    |------body throws---&gt; FAILED
 * </pre>
 */
public final class Fiber<T extends @Nullable Object> implements Runnable {
  private enum State {
    ALIVE,
    DONE,
    FAILED
  }

  private final Loop loop;
  private final Scope scope;
  private final long number;
  private final boolean pump;
  private @Nullable String name;
  private @Nullable Callable<? extends T> body;
  private final Thread thread;

  /** What the JDK wants run to continue this fiber; set by its first run (native fibers). */
  private @Nullable Runnable continuation;

  private State state = State.ALIVE;
  private boolean started;
  private boolean permitted;
  private boolean parked;

  /** In the run queue, by the loop's own doing. */
  private boolean queued;

  /** Interrupted while it waited for what no cancellation may disturb. */
  private boolean interruptedLater;

  private boolean expectedToFail;

  private @Nullable T result;
  private @Nullable Throwable failure;
  private final WaitQueue joiners = new WaitQueue();

  /** The innermost scope that this fiber has open, and the token that its parking calls observe. */
  private Scope current;

  private Cancellation cancellation;

  /** Links of the wait queue that this fiber stands in: it waits for one thing at a time. */
  @Nullable Fiber<?> waitNext;

  @Nullable Fiber<?> waitPrevious;
  @Nullable WaitQueue waitQueue;

  /** Links among the fibers of its scope. */
  @Nullable Fiber<?> siblingNext;

  @Nullable Fiber<?> siblingPrevious;

  @SuppressWarnings("this-escape")
  Fiber(Scope scope, @Nullable String name, Callable<? extends T> body, boolean pump) {
    this.scope = scope;
    this.loop = scope.loop();
    this.number = loop.nextNumber();
    this.name = name;
    this.body = body;
    this.pump = pump;
    this.current = scope;
    this.cancellation = scope.cancellation();
    this.thread = loop.mechanism().create(this);
  }

  // ---- starting and waiting, by the user

  /** Starts a fiber in the current scope of the calling fiber. */
  public static Fiber<?> start(Task body) {
    return Scope.current().start(body);
  }

  /** Starts a named fiber in the current scope of the calling fiber. */
  public static Fiber<?> start(String name, Task body) {
    return Scope.current().start(name, body);
  }

  /** The calling fiber. Throws if the caller is none. */
  public static Fiber<?> current() {
    return Loop.current().fiber();
  }

  /** Parks the calling fiber for a time, by the loop's timer. */
  public static void sleep(Duration duration) {
    Fiber<?> fiber = current();
    fiber.sleepNanos(Durations.nanos(duration));
  }

  /** Lets the other runnable fibers of the loop run first. */
  @SuppressWarnings("NamedLikeContextualKeyword") // called as Fiber.yield()
  public static void yield() {
    Fiber<?> fiber = current();
    fiber.cancellation.check();
    fiber.queued = true;
    fiber.loop.mechanism().giveWay(fiber);
    fiber.queued = false;
    fiber.cancellation.check();
  }

  /**
   * Runs blocking or long work on the loop's pool of helper threads, and parks until it is done.
   * Throws what the work throws; {@link java.util.concurrent.RejectedExecutionException} if the
   * pool's queue is full. If the fiber is cancelled meanwhile the work's thread is interrupted and
   * not waited for.
   */
  public static <R extends @Nullable Object> R offload(Callable<R> work) throws Exception {
    Fiber<?> fiber = current();
    return fiber.loop.offload().call(fiber, work);
  }

  /** Waits for this fiber's end and gives its result, or throws its failure. */
  public T join() {
    Fiber<?> caller = loop.fiber();
    while (state == State.ALIVE) {
      joiners.await(caller);
    }
    return outcome();
  }

  /**
   * Parks the calling fiber until {@link #unpark}: the primitive below everything that waits. May
   * return without reason, so call it in a loop that checks what is waited for.
   */
  public static void park() {
    current().parkHere();
  }

  /** Ends the current or the next {@link #park} of this fiber. From any thread. */
  public void unpark() {
    if (loop.onLoop()) {
      wake();
    } else {
      loop.postInternal(this::wake);
    }
  }

  public String name() {
    String known = name;
    return known == null ? "fiber-" + number : known;
  }

  public boolean isAlive() {
    return state == State.ALIVE;
  }

  /** The scope that owns this fiber. */
  public Scope scope() {
    return scope;
  }

  /** Where the fiber stands, for diagnosis. */
  public StackTraceElement[] stackTrace() {
    return thread.getStackTrace();
  }

  @Override
  public String toString() {
    return name() + "[" + state + (parked ? ", parked" : "") + "]";
  }

  // ---- for the loop and what is built on it

  void begin() {
    assert !started;
    started = true;
    queued = true;
    loop.mechanism().start(this);
  }

  /** The body of the thread. */
  @Override
  public void run() {
    if (!loop.isRunning(this)) {
      throw new IllegalStateException("a fiber is run by its loop alone");
    }
    queued = false;
    Callable<? extends T> work = body;
    assert work != null;
    body = null;
    try {
      cancellation.check();
      result = work.call();
      state = State.DONE;
    } catch (Throwable e) {
      failure = e;
      state = State.FAILED;
    }
    joiners.wakeAll();
    scope.ended(this, failure);
  }

  void parkHere() {
    assert loop.isRunning(this) : "only the running fiber can park";
    cancellation.check();
    while (!permitted) {
      parked = true;
      loop.mechanism().park(this);
      parked = false;
      queued = false;
      if (!permitted) {
        interrupted();
        cancellation.check();
        return;
      }
    }
    permitted = false;
    cancellation.check();
  }

  /** Something other than the loop woke this fiber: it was interrupted, or for no reason. */
  private void interrupted() {
    if (!Thread.interrupted() || cancellation.isCancelled()) {
      return;
    }
    if (cancellation == loop.neverCancelled()) {
      interruptedLater = true;
    } else {
      cancellation.cancel("the thread of " + name() + " was interrupted");
    }
  }

  /** On the loop: lets a parked fiber go on. */
  void wake() {
    if (permitted || state != State.ALIVE) {
      return;
    }
    permitted = true;
    if (parked) {
      parked = false;
      queued = true;
      loop.mechanism().unpark(this);
    }
  }

  /** On the loop: the token that this fiber runs under has been cancelled. */
  void cancelled() {
    if (!parked && !queued && !loop.isRunning(this)) {
      thread.interrupt(); // it may be blocked by something that is not the loop's
    }
    wake();
  }

  private void sleepNanos(long nanos) {
    Alarm alarm = new Alarm(this);
    loop.startTimerFromNow(alarm, nanos);
    try {
      while (!alarm.rung) {
        parkHere();
      }
    } finally {
      loop.cancelTimer(alarm);
    }
  }

  private static final class Alarm extends TimerNode {
    private final Fiber<?> sleeper;
    private boolean rung;

    Alarm(Fiber<?> sleeper) {
      this.sleeper = sleeper;
    }

    @Override
    void fired(long nowNanos) {
      rung = true;
      sleeper.wake();
    }
  }

  Loop loop() {
    return loop;
  }

  Thread thread() {
    return thread;
  }

  boolean isPump() {
    return pump;
  }

  Cancellation cancellation() {
    return cancellation;
  }

  Scope currentScope() {
    return current;
  }

  /** Makes {@code scope} the one that what this fiber opens and starts belongs to. */
  void enter(Scope scope, Cancellation token) {
    current = scope;
    cancellation = token;
    if (interruptedLater && token != loop.neverCancelled()) {
      interruptedLater = false;
      thread.interrupt();
    }
  }

  /** Whoever started this fiber deals with its failure: it is not the scope's. */
  void expectFailure() {
    expectedToFail = true;
  }

  boolean isExpectedToFail() {
    return expectedToFail;
  }

  /** Once it has ended: the result, or throws the failure. */
  T outcome() {
    if (state == State.ALIVE) {
      throw new CancelledException(name() + " was left behind by a forced shutdown", null);
    }
    if (failure != null) {
      throw Failures.rethrow(failure);
    }
    return result();
  }

  @SuppressWarnings("NullAway") // T itself says whether null is a result
  private T result() {
    return result;
  }

  /** Whether {@code runnable} is this fiber's own continuation; the first one handed in is. */
  boolean adopt(Runnable runnable) {
    if (continuation == null) {
      continuation = runnable;
    }
    return continuation == runnable;
  }

  Runnable continuation() {
    Runnable known = continuation;
    assert known != null;
    return known;
  }

  String threadName() {
    String known = name;
    return known == null ? "" : known;
  }
}
