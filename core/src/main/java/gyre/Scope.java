package gyre;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

// Over 500 lines: a third of it in words, for users; and the books of what lives in a scope.
/**
 * Owns fibers and handles: nothing that is started or opened in a scope outlives it.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open("fetch")) {
 *   Fiber<String> left = scope.call(() -> fetch("left"));
 *   Fiber<String> right = scope.call(() -> fetch("right"));
 *   scope.join();                       // throws the first failure
 *   return left.join() + right.join();
 * }                                     // whatever still runs is cancelled and waited for
 * }</pre>
 *
 * <p>The first fiber that fails cancels the others; later failures are attached to the first as
 * suppressed, and {@link #join} or {@link Fiber#join} or, if the owner called neither, {@link
 * #close} throws it. A failure is never lost.
 *
 * <p>A scope belongs to the fiber that opened it, which closes it, the innermost first. Callbacks
 * of its handles are treated as its fibers are: cancelled with it, and waited for when it closes.
 * From any thread: {@link #cancel}, {@link #cancellation}, {@link #name}, {@link #parent} and
 * {@link #toString}. All else is refused elsewhere than on the loop.
 *
 * <p>Fibers see the {@link ScopedValue}s of the fiber that started them, those of connections that
 * a listener serves the ones of the fiber that called {@code serve}, and the first fiber of {@link
 * Loop#run} those of its caller. Callbacks see none, but for what {@link LoopOptions#carries}
 * names. In baton mode a fiber sees nothing but what its own body binds, and what {@link
 * LoopOptions#carries} names: besides {@code java.lang} itself, which is not open then, only {@code
 * StructuredTaskScope} hands bindings on to another thread, and that is a preview in JDK 25.
 */
public final class Scope extends Residents implements AutoCloseable {
  /** What the failure of a fiber means for the others of its scope. */
  enum Policy {
    /** It cancels them. */
    TOGETHER,
    /** It is reported, and they go on. */
    ISOLATED
  }

  private final Loop loop;
  private final @Nullable Scope parent;
  private final String name;
  private final Policy policy;

  /** For what is done while the loop shuts down: the draining does not end it. */
  private final boolean late;

  private final Cancellation cancellation;

  private final @Nullable Fiber<?> owner;
  private final @Nullable Cancellation outer;

  /** The scoped values of the owner, for fibers that are started on its behalf. */
  private final @Nullable Object bindings;

  /** Those of them that the loop carries, where the JDK does not. */
  private final ScopedValue.@Nullable Carrier context;

  private @Nullable Throwable failure;
  private boolean failureSeen;
  private boolean closed;

  /** What lives here is to end as soon as what it is doing is done. */
  private boolean draining;

  private @Nullable WaitPoint end; // made by the first who waits for it
  private @Nullable WaitPoint rest;

  Scope(Loop loop, @Nullable Scope parent, @Nullable Fiber<?> owner, String name, Policy policy) {
    this(loop, parent, owner, name, policy, parent != null && parent.late);
  }

  private Scope(
      Loop loop,
      @Nullable Scope parent,
      @Nullable Fiber<?> owner,
      String name,
      Policy policy,
      boolean late) {
    this.late = late;
    this.loop = loop;
    this.parent = parent;
    this.owner = owner;
    this.name = name;
    this.policy = policy;
    this.bindings = owner == null ? null : loop.mechanism().bindings();
    this.context = owner == null ? null : loop.carried().capture();
    this.outer = owner == null ? null : owner.cancellation();
    Cancellation above = outer != null ? outer : parent == null ? null : parent.cancellation;
    this.cancellation = Cancellation.forScope(this, above, owner);
    if (parent != null) {
      draining = parent.draining;
      parent.add(this);
    }
    if (owner != null) {
      owner.enter(this, cancellation);
    }
  }

  /** The outermost scope of what is done while the loop shuts down. */
  static Scope late(Loop loop) {
    return new Scope(loop, null, null, "shutdown", Policy.ISOLATED, true);
  }

  /** Opens a scope inside the current one. */
  public static Scope open(String name) {
    return open(name, Policy.TOGETHER);
  }

  /**
   * Opens a scope in which a fiber that fails is reported and ends alone: for servers, whose
   * connections have nothing to do with one another.
   */
  public static Scope openIsolated(String name) {
    return open(name, Policy.ISOLATED);
  }

  private static Scope open(String name, Policy policy) {
    Fiber<?> fiber = Fiber.current();
    return new Scope(fiber.loop(), fiber.currentScope(), fiber, name, policy);
  }

  /** The innermost scope that the calling fiber has open. */
  public static Scope current() {
    return Loop.current().currentScope();
  }

  /** Starts a fiber that this scope owns. */
  public Fiber<?> start(Task body) {
    return launch(null, asCallable(body));
  }

  public Fiber<?> start(String name, Task body) {
    return launch(name, asCallable(body));
  }

  /** Starts a fiber whose result is got by {@link Fiber#join}. */
  public <T extends @Nullable Object> Fiber<T> call(Callable<? extends T> body) {
    return launch(null, body);
  }

  public <T extends @Nullable Object> Fiber<T> call(String name, Callable<? extends T> body) {
    return launch(name, body);
  }

  /**
   * Waits until all fibers of this scope have ended. Throws the first failure, once the others,
   * which it cancelled, have ended as well: also inside of {@link Cancellation#within}, whose limit
   * then does not cut short the waiting for those.
   *
   * <p>Throws {@link IllegalStateException} if the calling fiber lives in this scope, or in a scope
   * that one of its fibers has open: that fiber cannot end before the caller does. Other circles,
   * as when a fiber of this scope waits for a channel that the caller would write to, are not
   * found; bound them by {@link #join(Duration)}.
   */
  public void join() {
    Fiber<?> caller = loop.fiber();
    Joins.checkCanEnd(this, caller);
    awaitFibers(caller);
    throwFailure();
  }

  /**
   * As {@link #join()}, but cancels what is not done after {@code limit}, waits for its end, and
   * throws {@link DeadlineExceededException}.
   */
  public void join(Duration limit) {
    Fiber<?> caller = loop.fiber();
    Joins.checkCanEnd(this, caller);
    cancellation.arm(limit);
    try {
      awaitFibers(caller);
    } finally {
      cancellation.disarm();
    }
    throwFailure();
    cancellation.check();
  }

  /** Cancels the fibers of this scope and of those below it. From any thread. */
  public void cancel(String reason) {
    cancellation.cancel(reason);
  }

  public Cancellation cancellation() {
    return cancellation;
  }

  public String name() {
    return name;
  }

  /** The scope around this one, or null at the root. */
  public @Nullable Scope parent() {
    return parent;
  }

  /** Number of fibers alive in just this scope. On the loop. */
  public int fibers() {
    loop.checkThread();
    return fiberCount();
  }

  /**
   * Ends the scope: cancels the fibers and callbacks that still run, waits for the fibers, closes
   * the handles, waits for the callbacks and until the kernel has let go of the handles, then
   * throws a failure that nobody has seen yet.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    Fiber<?> caller = loop.fiber();
    if (caller != owner || caller.currentScope() != this || caller.cancellation() != cancellation) {
      throw new IllegalStateException(
          "scope "
              + name
              + " must be closed by the fiber that opened it, after the scopes and the limits of"
              + " time that were opened inside");
    }
    closed = true;
    caller.enter(this, loop.neverCancelled());
    try {
      if (hasFibers() || isInCallback()) {
        cancellation.cancel("scope " + name + " is closing", null, false);
      }
      caller.awaitReady(end());
      reportLeaks();
      closeHandles();
      caller.awaitReady(rest());
    } finally {
      leave(caller);
    }
    if (failure != null && !failureSeen) {
      throwFailure();
    }
  }

  @Override
  public String toString() {
    return parent == null ? name : parent + "/" + name;
  }

  // ---- for the loop and what is built on it

  private static Callable<Boolean> asCallable(Task body) {
    return () -> {
      body.run();
      return true;
    };
  }

  <T extends @Nullable Object> Fiber<T> launch(
      @Nullable String fiberName, Callable<? extends T> body) {
    return launch(fiberName, body, false);
  }

  <T extends @Nullable Object> Fiber<T> launch(
      @Nullable String fiberName, Callable<? extends T> body, boolean pump) {
    loop.checkOnLoop();
    if (closed) {
      cancellation.check(); // the caller is to end, and has not come to see it
      throw new IllegalStateException("scope " + name + " is closed: nothing can start in it");
    }
    Fiber<T> fiber = new Fiber<>(this, fiberName, pump ? body : withContext(body), pump);
    add(fiber);
    fiber.begin();
    return fiber;
  }

  /** What the loop itself starts is on behalf of whoever opened this. */
  private <T extends @Nullable Object> Callable<? extends T> withContext(
      Callable<? extends T> body) {
    if (loop.fiberMode() == FiberMode.NATIVE) {
      return body; // a fiber has the bindings of who started it anyway
    }
    Fiber<?> caller = loop.running();
    return caller != null && caller.isCalling()
        ? loop.carried().around(body)
        : Carried.around(context, body);
  }

  void ended(Fiber<?> fiber, @Nullable Throwable problem) {
    remove(fiber);
    if (problem != null) {
      failed(fiber, problem);
    }
    if (!hasFibers()) {
      wakeWaiters();
      loop.lifeEnded();
    }
  }

  private void failed(Fiber<?> fiber, Throwable problem) {
    if (fiber.isExpectedToFail()) {
      return;
    }
    if (problem instanceof CancelledException && (cancellation.isCancelled() || isDraining())) {
      keepSuppressed(fiber, problem);
      return;
    }
    if (policy == Policy.ISOLATED) {
      loop.report("fiber " + fiber.name() + " in " + this, problem);
      return;
    }
    if (failure == null) {
      failure = problem;
      cancellation.cancel("fiber " + fiber.name() + " failed: " + problem, problem, false);
    } else {
      Failures.attach(failure, problem);
    }
  }

  /** A cancelled fiber's end is no failure, but what broke in its finally blocks is. */
  private void keepSuppressed(Fiber<?> fiber, Throwable cancelled) {
    for (Throwable hidden : cancelled.getSuppressed()) {
      failed(fiber, hidden);
    }
  }

  /** Has all that lives in it, and below it, end as soon as what it is doing is done. */
  void drain() {
    Shutdown.eachScope(this, scope -> scope.draining = true);
    Shutdown.eachHandle(this, HandleBase::beginDrain);
    Shutdown.eachHandle(this, HandleBase::drainIfOpen);
  }

  boolean isDraining() {
    return draining || (loop.isDraining() && !late);
  }

  void wakeCancelled() {
    wakeCancelledFibers();
    if (this != loop.internal()) {
      loop.internal().wakeCancelledFibers(); // which run callbacks, maybe of handles of this scope
    }
    wakeWaiters();
  }

  void checkOpen() {
    if (closed) {
      cancellation.check();
      throw new IllegalStateException("scope " + name + " is closed: nothing can be opened in it");
    }
  }

  void adopt(HandleBase handle) {
    checkOpen();
    add(handle);
  }

  void backgroundChanged(boolean on) {
    countBackground(on);
    if (hasOnlyBackground()) {
      wakeWaiters();
      loop.lifeEnded();
    }
  }

  void closed(HandleBase handle) {
    remove(handle);
    if (hasOnlyBackground()) {
      wakeWaiters();
    }
  }

  /** Waits until nothing lives in this scope but in the background, or it is cancelled. */
  void awaitIdle() {
    Fiber<?> caller = loop.fiber();
    assert caller == owner;
    awaitWithOuterToken(caller, rest());
  }

  private void awaitFibers(Fiber<?> caller) {
    awaitWithOuterToken(caller, end());
  }

  /** The owner waits for its children's end, also when it is they who cancelled the scope. */
  private void awaitWithOuterToken(Fiber<?> caller, Source source) {
    Cancellation token = caller.cancellation();
    if (caller != owner || outer == null) {
      caller.awaitReady(source);
      return;
    }
    if (token != cancellation) { // inside of a limit of time, say, which is observed as well
      try {
        caller.awaitReady(source);
        return;
      } catch (CancelledException e) {
        if (!token.isCancelledWith(cancellation) || token.isCancelledWith(outer)) {
          throw e;
        }
      }
    }
    caller.enter(caller.currentScope(), outer);
    try {
      caller.awaitReady(source);
    } finally {
      caller.enter(caller.currentScope(), token);
    }
  }

  /**
   * As every handle is known to its scope, one that the program has lost is still open here, if
   * nothing went wrong before that would explain it.
   */
  private void reportLeaks() {
    if (!loop.options().reportsLeaks() || cancellation.isCancelled() || isDraining()) {
      return;
    }
    for (HandleBase handle = firstHandle(); handle != null; handle = handle.scopeNext) {
      handle.reportIfForgotten();
    }
  }

  private void leave(Fiber<?> caller) {
    cancellation.close();
    if (parent != null) {
      parent.remove(this);
      parent.loop.lifeEnded();
      caller.enter(parent, outer == null ? parent.cancellation : outer);
    }
  }

  /** The owner of this scope is told of its failure by joining the fiber that failed. */
  @SuppressWarnings("ReferenceEquality") // this very failure, not one like it
  void seen(Throwable problem, Fiber<?> caller) {
    if (caller == owner && problem == failure) {
      failureSeen = true;
    }
  }

  private void throwFailure() {
    if (failure != null) {
      failureSeen = true;
      throw Failures.rethrow(failure);
    }
  }

  Loop loop() {
    return loop;
  }

  /** The fiber that opened it and closes it; null for those of the loop itself. */
  @Nullable Fiber<?> owner() {
    return owner;
  }

  @Nullable Object bindings() {
    return bindings;
  }

  /** Whoever lives in it has changed. */
  private void wakeWaiters() {
    if (end != null && !hasFibers()) {
      end.wakeAll();
    }
    if (rest != null) {
      rest.wakeAll();
    }
  }

  /** Ready while no fiber of this scope lives; as {@link #join}, it says nothing of handles. */
  public Source end() {
    loop.checkThread();
    WaitPoint known = end;
    if (known == null) {
      known = new ScopeEnd(this);
      end = known;
    }
    return known;
  }

  /**
   * Of the owner alone: while it closes, no handle is left; before, nothing but the background is.
   */
  private Source rest() {
    WaitPoint known = rest;
    if (known == null) {
      known = new Rest(this);
      rest = known;
    }
    return known;
  }

  private static final class Rest extends WaitPoint {
    private final Scope scope;

    Rest(Scope scope) {
      this.scope = scope;
    }

    @Override
    public boolean isReady() {
      return scope.closed
          ? !scope.hasFibers() && !scope.hasHandles()
          : scope.cancellation.isCancelled() || (!scope.hasFibers() && scope.hasOnlyBackground());
    }

    @Override
    public String doing() {
      return "waiting for all that lives in scope " + scope;
    }
  }
}
