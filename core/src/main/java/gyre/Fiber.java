package gyre;

import gyre.loop.FiberThread;
import gyre.probe.Counter;
import gyre.probe.Probe;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

// Over 500 lines: most of it says what a user of fibers must know.
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
 * <p>From any thread: {@link #unpark}, {@link #name}, {@link #isAlive}, {@link #outcome}, {@link
 * #scope}, {@link #stackTrace} and {@link #toString}. All else is refused elsewhere than on the
 * loop.
 *
 * <pre>
 *   NEW --start--&gt; ALIVE --body returns--&gt; DONE
 *                    |------body throws---&gt; FAILED
 * </pre>
 */
@SuppressWarnings("exports") // its inside
public final class Fiber<T extends @Nullable Object> extends FiberThread {
  private enum State {
    ALIVE,
    DONE,
    FAILED
  }

  private final Loop loop;
  private final Scope scope;
  private final long number;
  private @Nullable String name;
  private @Nullable Callable<? extends T> body;

  private volatile State state = State.ALIVE;
  private boolean started;
  private boolean permitted;
  private boolean parked;

  /** The time of the turn in which it was parked last. */
  private long parkedNanos;

  private boolean expectedToFail;

  private boolean interrupted;

  /** Of a fiber that runs callbacks: the handle whose callback it runs. */
  @Nullable HandleBase serves;

  /** For fibers of the pump: runs a task that was posted, and may be parked in it. */
  boolean inPost;

  /** Written before {@link #state}, which is read before them. */
  private @Nullable T result;

  private @Nullable Throwable failure;
  private @Nullable End end; // made by the first who waits for it

  /** The innermost scope that this fiber has open, and the token that its parking calls observe. */
  private Scope current;

  private Cancellation cancellation;

  /** For what this fiber waits for: one source costs no allocation. */
  private final Waiter waiter;

  /** While it waits for the first of several sources. */
  private @Nullable FirstOf firstOf;

  /** Which of several sources is asked first the next time. */
  private int rotation;

  /** The last lock that it has taken and not given back. */
  @Nullable HoldBase held;

  /** Links among the fibers of its scope. */
  @Nullable Fiber<?> siblingNext;

  @Nullable Fiber<?> siblingPrevious;

  Fiber(Scope scope, @Nullable String name, Callable<? extends T> body, boolean pump) {
    super(scope.loop().mechanism(), name == null ? "" : name, pump, scope.bindings());
    this.scope = scope;
    this.loop = scope.loop();
    this.number = loop.nextNumber();
    this.waiter = new Waiter(this);
    this.name = name;
    this.body = body;
    this.current = scope;
    this.cancellation = scope.cancellation();
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
    Deadline end = Deadline.in(fiber.loop, Durations.nanos(duration));
    fiber.cancellation.check();
    fiber.awaitReady(end);
  }

  /** Lets the other runnable fibers of the loop run first. */
  @SuppressWarnings("NamedLikeContextualKeyword") // called as Fiber.yield()
  public static void yield() {
    Fiber<?> fiber = current();
    fiber.cancellation.check();
    fiber.giveWay();
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

  /**
   * Waits for this fiber's end and gives its result, or throws its failure. A failure that is
   * thrown to the fiber which opened the scope is not thrown again when that scope closes.
   *
   * <p>Throws {@link IllegalStateException} if that would wait for ever: a fiber that joins itself,
   * or one that has a scope open in which the caller lives, or one that waits by joining, directly
   * or over others, for one of those, or for a lock that the caller holds. Circles in which
   * something else is waited for, as a channel, are not found.
   */
  public T join() {
    Fiber<?> caller = loop.fiber();
    Joins.checkCanEnd(this, caller);
    try {
      caller.awaitReady(end());
    } catch (CancelledException e) {
      if (state == State.ALIVE) {
        throw e;
      }
      // It was this fiber's failure that cancelled the caller: tell that.
    }
    if (failure != null) {
      scope.seen(failure, caller);
    }
    return outcome();
  }

  /** Ready once this fiber has ended, in whatever way. */
  public Source end() {
    loop.checkThread();
    End known = end;
    if (known == null) {
      known = new End(this);
      end = known;
    }
    return known;
  }

  static final class End extends WaitPoint {
    final Fiber<?> awaited;

    End(Fiber<?> awaited) {
      this.awaited = awaited;
    }

    @Override
    public boolean isReady() {
      return !awaited.isAlive();
    }

    @Override
    public String doing() {
      return "waiting for the end of fiber " + awaited.name();
    }
  }

  /**
   * Parks the calling fiber until the source is ready; does not park if it is. It has taken nothing
   * from the source then: that is the caller's next call, before anything else parks.
   */
  public static void await(Source source) {
    Fiber<?> caller = current();
    switch (source) {
      case End end -> Joins.checkCanEnd(end.awaited, caller);
      case ScopeEnd end -> Joins.checkCanEnd(end.scope, caller);
      case HoldWait wait -> Deadlocks.check(wait, caller);
      default -> {}
    }
    caller.awaitReady(source);
  }

  /**
   * Parks the calling fiber until a stage of the world outside has completed, on whatever thread,
   * and gives its result. Throws what the stage failed with, without the {@link
   * java.util.concurrent.CompletionException} around it: unchecked failures as they are, checked
   * ones as the cause of a {@link FiberFailedException}. If the fiber is cancelled meanwhile the
   * stage goes on.
   *
   * <p>To wait for a stage or something else: {@link Completion}.
   */
  public static <R extends @Nullable Object> R await(CompletionStage<R> stage) {
    Fiber<?> caller = current();
    caller.cancellation.check();
    Completion<R> completion = Completion.of(caller.loop, stage);
    caller.awaitReady(completion);
    return completion.get();
  }

  /**
   * Parks the calling fiber until one of the sources is ready, and tells which. If several are, the
   * first that is asked counts, and each call begins with another one, so that none is passed over
   * for good. Nothing was taken from the others.
   */
  public static Source awaitFirst(Source... sources) {
    if (sources.length == 0) {
      throw new IllegalArgumentException("no source to wait for");
    }
    Fiber<?> caller = current();
    int first = Math.floorMod(caller.nextRotation(), sources.length);
    return caller.awaitFirst(sources, first, 1);
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
      wakeFromOutside(loop.mailbox());
    }
  }

  public String name() {
    String known = name;
    return known == null ? "fiber-" + number : known;
  }

  /** Whether it has not ended. From any thread. */
  public boolean isAlive() {
    return state == State.ALIVE;
  }

  /** The scope that owns this fiber. */
  public Scope scope() {
    return scope;
  }

  /** Where the fiber stands, for diagnosis. */
  public StackTraceElement[] stackTrace() {
    return thread().getStackTrace();
  }

  @Override
  public String toString() {
    return name() + "[" + state + (parked ? ", parked" : "") + "]";
  }

  // ---- for the loop and what is built on it

  void begin() {
    assert !started;
    started = true;
    Probe probe = loop.probe();
    if (probe != null) {
      probe.add(Counter.FIBERS_STARTED, 1);
    }
    loop.mechanism().start(this);
  }

  @Override
  protected void run() {
    assert loop.isRunning(this) && Thread.currentThread() == thread() : "run by its loop alone";
    Callable<? extends T> work = body;
    assert work != null;
    body = null;
    Throwable problem = null;
    try {
      cancellation.check();
      result = work.call();
    } catch (Throwable e) {
      problem = e;
    }
    loop.mechanism().reclaim();
    problem = closeScopesUpTo(scope, problem);
    if (held != null) {
      HoldBase.abandonAll(this);
    }
    failure = problem;
    state = problem == null ? State.DONE : State.FAILED;
    if (end != null) {
      end.wakeAll();
    }
    Probe probe = loop.probe();
    if (probe != null) {
      probe.add(Counter.FIBERS_ENDED, 1);
    }
    scope.ended(this, problem);
  }

  /** What was opened and not closed must not outlive the code that opened it. */
  @Nullable Throwable closeScopesUpTo(Scope outermost, @Nullable Throwable problem) {
    Throwable first = problem;
    while (current != outermost) {
      Scope left = current;
      enter(left, left.cancellation());
      try {
        left.close();
      } catch (Throwable e) {
        if (first == null) {
          first = e;
        } else {
          Failures.attach(first, e);
        }
      }
    }
    return first;
  }

  void parkHere() {
    assert loop.isRunning(this) : "only the running fiber can park";
    cancellation.check();
    if (interrupted) {
      interrupted();
    }
    while (!permitted) {
      ParkWatch watch = loop.parkWatch();
      if (watch != null) {
        watch.parking(this);
      }
      parked = true;
      parkedNanos = loop.nanoTime();
      loop.mechanism().park(this);
      parked = false;
      if (watch != null) {
        watch.resumed(this);
      }
      if (!permitted) {
        interrupted();
        cancellation.check();
        return;
      }
    }
    permitted = false;
    cancellation.check();
  }

  /**
   * Something other than the loop woke this fiber: its thread was interrupted, or for no reason. An
   * interrupt cancels this fiber alone, once, and not while it is shielded. Callbacks ignore it.
   */
  private void interrupted() {
    interrupted |= Thread.interrupted();
    if (interrupted && (isPump() || !cancellation.isShield())) {
      interrupted = false;
      if (!isPump() && !cancellation.isCancelled()) {
        throw new CancelledException("the thread of " + name() + " was interrupted", null);
      }
    }
  }

  @Override
  protected void wake() {
    if (permitted || state != State.ALIVE) {
      return;
    }
    permitted = true;
    if (parked) {
      parked = false;
      loop.mechanism().unpark(this);
    }
  }

  /** On the loop: the token that this fiber runs under has been cancelled. */
  void cancelled() {
    if (!parked && !loop.isRunning(this) && loop.mechanism().isBlockedElsewhere(this)) {
      thread().interrupt();
    }
    wake();
  }

  @Override
  protected void disturb() {
    if (parked) {
      parked = false;
      loop.mechanism().unpark(this);
    }
  }

  void giveWay() {
    ParkWatch watch = loop.parkWatch();
    if (watch != null) {
      watch.parking(this);
    }
    loop.mechanism().giveWay(this);
    if (watch != null) {
      watch.resumed(this);
    }
  }

  /** Waits for one source. */
  void awaitReady(Source source) {
    while (!source.isReady()) {
      waiter.arm(source);
      boolean isWoken = false;
      try {
        parkUntilWoken();
        isWoken = true;
      } finally {
        waiter.disarm(isWoken && source.isReady());
      }
    }
  }

  private void parkUntilWoken() {
    try {
      while (waiter.isArmed()) { // what else woke it must not cost it its place in the queue
        parkHere();
      }
    } catch (CancelledException e) {
      if (!waiter.isSettled()) {
        throw e;
      }
      // It came too late: what the fiber waited for has been done. The next wait tells of it.
    }
  }

  int nextRotation() {
    return rotation++;
  }

  Source awaitFirst(Source[] sources, int first, int step) {
    FirstOf several = new FirstOf(this, sources, first, step);
    firstOf = several;
    try {
      return several.await();
    } finally {
      firstOf = null;
    }
  }

  /** The one source that this fiber waits for, if it does not wait for several. */
  @Nullable Source awaited() {
    return waiter.source();
  }

  /** What this fiber waits for, in words; empty if its stack alone says it. */
  String doing() {
    FirstOf several = firstOf;
    Source single = waiter.source();
    return several != null ? several.doing() : single != null ? single.doing() : "";
  }

  Loop loop() {
    return loop;
  }

  /** Whether it is this fiber that calls. */
  boolean isCalling() {
    return thread() == Thread.currentThread();
  }

  boolean isParked() {
    return parked;
  }

  /** While it is parked: the time of the turn in which that began. */
  long parkedNanos() {
    return parkedNanos;
  }

  /** For a look from outside. */
  Thread carriedThread() {
    return thread();
  }

  @Override
  protected int callbackKind() {
    HandleBase handle = serves;
    return handle != null ? handle.probeKind() : inPost ? loop.postKind() : 0;
  }

  /** Whether it runs callbacks. */
  boolean isPump() {
    return runsCallbacks();
  }

  Cancellation cancellation() {
    return cancellation;
  }

  /** What somebody outside cancels who wants this fiber to end, and as little else as possible. */
  Cancellation outermostToken() {
    Cancellation outermost = scope.cancellation();
    Cancellation own = cancellation.owner() == this ? cancellation : current.cancellation();
    while (own != null && own.owner() == this) {
      if (own.isShield()) {
        return scope.cancellation(); // what a shield is for: nobody outside knows its token
      }
      outermost = own;
      own = own.parent();
    }
    return outermost;
  }

  /** What is cancelled when the time of what this fiber is doing is over. */
  Cancellation innermostToken() {
    return cancellation == loop.neverCancelled() ? current.cancellation() : cancellation;
  }

  Scope currentScope() {
    return current;
  }

  /** Makes {@code scope} the one that what this fiber opens and starts belongs to. */
  void enter(Scope scope, Cancellation token) {
    current = scope;
    cancellation = token;
  }

  /** Whoever started this fiber deals with its failure: it is not the scope's. */
  void expectFailure() {
    expectedToFail = true;
  }

  boolean isExpectedToFail() {
    return expectedToFail;
  }

  /**
   * What became of a fiber that is not {@link #isAlive} any more: its result, or throws its
   * failure. For those who are no fiber and cannot {@link #join}. From any thread.
   */
  public T outcome() {
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
}
