package gyre;

import gyre.engine.Engine;
import gyre.loop.TimerNode;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Something in the world that a loop waits for: a socket, a listener, a timer.
 *
 * <pre>
 *   OPEN --close--&gt; CLOSING --the kernel has let go of it--&gt; CLOSED
 * </pre>
 *
 * <p>A handle belongs to the scope that it was opened in, which closes it at its own end. It is
 * confined to its loop: other threads reach it through {@link Loop#post}. What they call directly
 * throws {@link IllegalStateException}, but for what never changes ({@link #kind}, {@link #owner},
 * {@link #loop}, addresses) and for what tells how it stands: {@link #name}, {@link #state}, {@link
 * #isOpen}, {@link #pendingOperations} and {@link #toString}.
 */
public abstract class Handle implements AutoCloseable {
  /** Life of a handle. */
  public enum State {
    OPEN,
    CLOSING,
    CLOSED
  }

  private final Loop loop;
  private final Scope owner;
  private final long number;
  private final long openedNanos;
  private volatile State state = State.OPEN;
  private boolean callbackRequested;
  private boolean inCallback;
  private boolean flushRequested;

  /** Among the handles of its scope. */
  private boolean attached;

  /** To leave them when the callback that runs has ended: the scope waits for that. */
  private boolean detaching;

  /** Has been told to end as soon as what is in flight is done. */
  private boolean draining;

  private boolean background;
  private @Nullable String name;
  private @Nullable Closed closed;

  /** Who has begun to close it, if that was a fiber. */
  private @Nullable Fiber<?> closer;

  /** Where it was opened, if leaks are to be reported. */
  private final @Nullable Throwable opened;

  /** Links among the handles of its scope. */
  @Nullable Handle scopeNext;

  @Nullable Handle scopePrevious;

  /** Opens a handle in the current scope. */
  @SuppressWarnings("this-escape")
  protected Handle() {
    this(Scope.current());
  }

  @SuppressWarnings("this-escape")
  protected Handle(Scope owner) {
    this(owner, true);
  }

  /**
   * @param attached false for what is nothing to its scope yet: see {@link #attach}
   */
  @SuppressWarnings("this-escape")
  Handle(Scope owner, boolean attached) {
    this.owner = owner;
    this.loop = owner.loop();
    loop.checkOnLoop();
    this.draining = owner.isDraining();
    this.number = loop.nextNumber();
    this.openedNanos = loop.nanoTime();
    this.opened = loop.options().reportsLeaks() ? new Throwable("opened here") : null;
    if (attached) {
      attach();
    }
  }

  /**
   * A part of the runtime that wants turns and timers like a handle: it belongs to no scope of a
   * user, and ends with its loop.
   */
  @SuppressWarnings("this-escape")
  protected Handle(Loop loop) {
    this(loop.internal(), false);
  }

  // ---- for users

  /** What kind of thing this is, for example {@code tcp-stream}. */
  public abstract String kind();

  /**
   * Number of operations that the kernel has not finished. From any thread; elsewhere than on the
   * loop it may be out of date.
   */
  public abstract int pendingOperations();

  /** The name given to it, or its kind and number; and the address of what has one. */
  public final String name() {
    String known = name;
    String own = known == null ? kind() + "-" + number : known;
    String address = addressText();
    return address == null ? own : own + " (" + address + ")";
  }

  /**
   * The address that names it to an operator: of a connection the peer's. Asked for only where a
   * name is wanted, and by any thread; null where there is none, or it is not known.
   */
  protected @Nullable String addressText() {
    return null;
  }

  /** Names this handle in reports. */
  public final void rename(String newName) {
    checkThread();
    this.name = newName;
  }

  /** How far its life has come. From any thread. */
  public final State state() {
    return state;
  }

  /** Whether nobody has begun to close it. From any thread. */
  public final boolean isOpen() {
    return state == State.OPEN;
  }

  /**
   * Whether {@link Loop#run} may return while this handle is open, which is closed then. It may not
   * if nothing is said.
   */
  public final void background(boolean on) {
    checkThread();
    if (background != on) {
      background = on;
      if (attached) {
        owner.backgroundChanged(on);
      }
    }
  }

  public final boolean isBackground() {
    checkThread();
    return background;
  }

  /** The scope that closes this handle at its end. */
  public final Scope owner() {
    return owner;
  }

  public final Loop loop() {
    return loop;
  }

  public final long ageMillis() {
    checkThread();
    return TimeUnit.NANOSECONDS.toMillis(loop.nanoTime() - openedNanos);
  }

  /**
   * Closes this handle; the second time nothing happens. In a fiber it returns when the kernel has
   * let go of the handle and its memory, cancelled or not. In a callback it returns at once, and
   * the close goes on by itself.
   */
  @Override
  public final void close() {
    if (state == State.CLOSED) {
      return;
    }
    loop.checkOnLoop();
    beginClose();
    Fiber<?> caller = loop.running();
    if (caller != null && !caller.isPump()) {
      awaitClosed(caller);
    }
  }

  @Override
  public String toString() {
    return name() + "[" + state + (inCallback ? ", in a callback]" : "]");
  }

  // ---- for the packages that define handles

  /**
   * Starts to release what this handle holds. Must lead to {@link #released} sooner or later: when
   * every operation has completed.
   */
  protected abstract void closing();

  /** As {@link #closing}, but gives up at once what could still be done in order. Also after it. */
  protected abstract void aborting();

  /** The loop or the server that this belongs to is going to end: take nothing new. */
  protected void stopAccepting() {}

  /**
   * The loop or the server that this belongs to is going to end: end as soon as what is in flight
   * is done. Is called again after each callback.
   */
  protected void draining() {}

  /** Whether it does its work by callbacks, so that its scope is who should close it. */
  protected boolean isServing() {
    return false;
  }

  /** Runs in a fiber after {@link #requestCallback}: the place for user code. */
  protected void callback() throws Exception {}

  /**
   * Runs on the loop at the end of the turn after {@link #requestEndOfTurn}: the place to submit.
   */
  protected void endOfTurn() {}

  /** Is told of the fibers that are parked in a handle. */
  protected interface Waits {
    /**
     * One of them, or null where there is none.
     *
     * @param doing for example {@code reading from}
     * @param descriptor the engine's number of what it waits for, or -1
     */
    void told(@Nullable Fiber<?> fiber, String doing, int descriptor);
  }

  /** For diagnosis: tells which fibers are parked in this handle. */
  protected void waits(Waits waits) {}

  /** User code of this handle threw: by default closes the handle. */
  protected void callbackFailed(Throwable failure) {
    beginClose();
  }

  /** Every operation has completed, and the memory is free: the end of {@link #closing}. */
  protected final void released() {
    assert state == State.CLOSING : this + " is released, and was not about to be closed";
    assert pendingOperations() == 0 : this + " is released while operations of it are pending";
    state = State.CLOSED;
    detach();
    if (closed != null) {
      closed.wakeAll();
    }
  }

  @SuppressWarnings("exports") // only for the packages of this module that define handles
  protected final Engine engine() {
    return loop.engine();
  }

  /** Has {@link #callback} run soon, once however often it is requested before. */
  protected final void requestCallback() {
    if (!callbackRequested) {
      callbackRequested = true;
      if (!inCallback) {
        loop.enqueueCallback(this);
      }
    }
  }

  /** Has {@link #endOfTurn} run at the end of this turn. */
  protected final void requestEndOfTurn() {
    if (!flushRequested) {
      flushRequested = true;
      loop.enqueueFlush(this);
    }
  }

  /** The calling fiber, which must be one of this loop's. */
  protected final Fiber<?> caller() {
    return loop.fiber();
  }

  /** Parks the calling fiber. May return without reason; throws {@link CancelledException}. */
  protected static final void park(Fiber<?> caller) {
    caller.parkHere();
  }

  /** As {@link Fiber#await(Source)}, for a handle that knows its caller already. */
  protected static final void await(Fiber<?> caller, Source source) {
    caller.awaitReady(source);
  }

  /** Lets a parked fiber go on. */
  protected static final void resume(@Nullable Fiber<?> fiber) {
    if (fiber != null) {
      fiber.wake();
    }
  }

  /** Whether the calling fiber runs a callback: it should not be parked for long. */
  protected static boolean isCallback(Fiber<?> caller) {
    return caller.isPump();
  }

  /** Whether a callback of this handle has begun and not ended; it may be parked. */
  protected final boolean isInCallback() {
    return inCallback;
  }

  /** Whether this is to end as soon as what is in flight is done. */
  protected final boolean isDraining() {
    return draining;
  }

  /** Has this one end as soon as what is in flight is done. */
  protected final void drainSoon() {
    beginDrain();
    drainIfOpen();
  }

  /** Whether what lives in a scope is to end as soon as what it is doing is done. */
  protected static boolean isDraining(Scope scope) {
    return scope.isDraining();
  }

  /** Has all that lives in a scope and below it end as soon as what it is doing is done. */
  protected static void drain(Scope scope) {
    scope.drain();
  }

  /** Those of the scope itself, not of scopes below it. */
  protected static void eachHandle(Scope scope, Consumer<Handle> action) {
    Handle handle = scope.firstHandle();
    while (handle != null) {
      Handle next = handle.scopeNext;
      action.accept(handle);
      handle = next;
    }
  }

  /** Begins to close without waiting: from the loop itself, where there is no caller. */
  protected final void closeSoon() {
    beginClose();
  }

  protected final boolean isOnLoop() {
    return loop.onLoop();
  }

  /** Throws unless the caller runs on the loop, and that is open: at the entry of what changes. */
  protected final void checkOnLoop() {
    loop.checkOnLoop();
  }

  /** As {@link #checkOnLoop}, also while the loop is closed: at the entry of what only tells. */
  protected final void checkThread() {
    loop.checkThread();
  }

  /** Throws {@link ClosedException} unless this is open. */
  protected final void checkOpen() {
    if (state != State.OPEN) {
      boolean isByAnother = closer != loop.running();
      throw new ClosedException(
          isByAnother ? name() + " has been closed by " + closer() : name() + " is closed");
    }
  }

  /**
   * As {@link #checkOpen}, for a fiber that was parked.
   *
   * @param doing for example {@code reading from}
   */
  protected final void checkStillOpen(Fiber<?> caller, String doing) {
    if (state != State.OPEN) {
      throw new ClosedException(
          "fiber "
              + caller.name()
              + " was "
              + doing
              + " "
              + name()
              + " when "
              + closer()
              + " closed it");
    }
  }

  private String closer() {
    Fiber<?> known = closer;
    if (known == null) {
      return "its loop";
    }
    return known.isPump() ? "a callback" : "fiber " + known.name();
  }

  /** Whether somebody else than {@code fiber} has begun to close it. */
  @SuppressWarnings("ReferenceEquality") // this very fiber
  protected final boolean isClosedByAnother(Fiber<?> fiber) {
    return state != State.OPEN && closer != fiber;
  }

  /** Throws unless the caller may open a handle in {@code owner}, which may be closing. */
  protected static void checkCanOpen(Scope owner) {
    owner.loop().checkOnLoop();
    owner.checkOpen();
  }

  /** The engine of a scope's loop, for those who open descriptors before there is a handle. */
  @SuppressWarnings("exports")
  protected static Engine engineOf(Scope scope) {
    return scope.loop().engine();
  }

  /**
   * What each loop has one of for a package of handles.
   *
   * @param maker makes it, when it is asked for the first time
   */
  protected static <T> T onePerLoop(Loop loop, Class<T> type, Function<Loop, T> maker) {
    return loop.part(type, maker);
  }

  /** All handles of the loop that belong to users. */
  protected final void eachHandle(Consumer<Handle> action) {
    loop.eachHandle(action);
  }

  /** The handle whose callback {@code caller} runs, if it does. */
  protected static @Nullable Handle inCallbackOf(Fiber<?> caller) {
    return caller.serves;
  }

  /** As {@link Fiber#offload}, but on the threads that look up names. */
  protected static <R extends @Nullable Object> R offloadLookUp(Callable<R> work) throws Exception {
    return Loop.current().lookup().call(Fiber.current(), work);
  }

  /** Whether nothing can be handed to the loop any more. */
  protected static boolean isLoopClosed(Loop loop) {
    return loop.isClosed();
  }

  /** Completes when the loop has been closed, in whatever way. */
  protected static CompletionStage<?> whenClosed(Loop loop) {
    return loop.closed();
  }

  /**
   * The result of {@code future}, or throws what it failed with: parks a fiber, of whatever loop,
   * and blocks any other thread.
   */
  protected static <T extends @Nullable Object> T awaitAnywhere(CompletableFuture<T> future) {
    if (Loop.isInFiber()) {
      return Fiber.await(future);
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      throw Failures.rethrow(Failures.causeOf(e));
    }
  }

  /** Waits as {@link #awaitAnywhere} does, also in a fiber that is cancelled. */
  protected static void awaitAnywhereUncancelled(CompletableFuture<?> future) {
    if (!Loop.isInFiber()) {
      future.join();
      return;
    }
    Fiber<?> caller = Fiber.current();
    Cancellation token = caller.cancellation();
    caller.enter(caller.currentScope(), caller.loop().neverCancelled());
    try {
      Fiber.await(Completion.of(future));
    } finally {
      caller.enter(caller.currentScope(), token);
    }
  }

  /** Throws if the caller keeps this loop from turning by waiting for something that it does. */
  protected static void checkCanAwaitLoop(Loop loop) {
    if (loop.onLoop() && !Loop.isInFiber()) {
      throw new IllegalStateException(
          loop.name() + " has to turn meanwhile: call this in a fiber, or on another thread");
    }
  }

  /** Whether the caller is a fiber that lives in {@code scope} or below it, or has it open. */
  protected static boolean isCallerInside(Scope scope) {
    if (!scope.loop().onLoop() || !Loop.isInFiber()) {
      return false;
    }
    for (Scope up = Scope.current(); up != null; up = up.parent()) {
      if (up == scope) {
        return true;
      }
    }
    return false;
  }

  /** Reports a failure that no fiber can be told of. */
  protected final void report(Throwable failure) {
    loop.report(name(), failure);
  }

  /** Counts a connection that its peer broke. */
  protected final void countPeerFailure() {
    loop.peerFailed();
  }

  /** A timer of a handle: runs on the loop, not in a fiber. Restarting it is nearly free. */
  @SuppressWarnings("exports") // only for the packages of this module that define handles
  public abstract static class Timeout extends TimerNode {
    private final Handle handle;

    protected Timeout(Handle handle) {
      this.handle = handle;
    }

    protected abstract void expired();

    /** Starts or restarts it. */
    public final void start(long nanos) {
      handle.loop.startTimer(this, nanos);
    }

    public final void cancel() {
      handle.loop.cancelTimer(this);
    }

    public final boolean isActive() {
      return isScheduled();
    }

    @Override
    protected final void fired(long nowNanos) {
      assert handle.state != State.CLOSED : "a timeout of " + handle.name() + " outlives it";
      expired();
    }
  }

  // ---- for the loop

  @Nullable Throwable opened() {
    return opened;
  }

  /** Its scope is about to close it. */
  final void reportIfForgotten() {
    Throwable where = opened;
    if (where != null && state == State.OPEN && !isServing()) {
      report(
          new IllegalStateException(
              name() + " was not closed before the end of " + owner + ", see where it was opened",
              where));
    }
  }

  /** From now on the scope waits for this handle, and closes it at its end. */
  final void attach() {
    detaching = false;
    if (!attached) {
      owner.adopt(this);
      attached = true;
      loop.handleOpened(this);
    }
  }

  /**
   * There is nothing any more that the scope has to wait for or close, but a callback that runs: it
   * must not outlive the scope.
   */
  final void detach() {
    detaching = inCallback && attached;
    if (attached && !detaching) {
      attached = false;
      loop.handleClosed(this);
      owner.closed(this);
    }
  }

  final void beginClose() {
    if (state == State.OPEN) {
      state = State.CLOSING;
      closer = loop.running();
      closing();
    }
  }

  final void beginDrain() {
    draining = true;
    stopAccepting();
  }

  final void drainIfOpen() {
    if (state == State.OPEN) {
      draining();
    }
  }

  final void abort() {
    if (state != State.CLOSED) {
      state = State.CLOSING;
      aborting();
    }
  }

  final void runFlush() {
    flushRequested = false;
    endOfTurn();
  }

  /** In a pump. Callbacks of one handle never overlap, also when one of them parks. */
  final void runCallback(Fiber<?> pump) {
    assert !inCallback;
    callbackRequested = false;
    inCallback = true;
    pump.serves = this;
    pump.enter(owner, owner.cancellation());
    try {
      callback();
    } catch (Throwable e) {
      if (e instanceof CancelledException && owner.cancellation().isCancelled()) {
        Failures.eachHidden(e, this::report);
      } else {
        report(e);
      }
      callbackFailed(e);
    } finally {
      callbackEnded(pump);
    }
  }

  private void callbackEnded(Fiber<?> pump) {
    loop.mechanism().reclaim();
    Throwable left = pump.closeScopesUpTo(owner, null);
    if (left != null) {
      report(left);
    }
    inCallback = false;
    pump.serves = null;
    if (detaching) {
      detach();
    }
    if (callbackRequested) {
      loop.enqueueCallback(this);
    }
    if (draining) {
      drainIfOpen();
    }
  }

  private void awaitClosed(Fiber<?> caller) {
    if (state == State.CLOSED) {
      return;
    }
    Closed awaited = closed;
    if (awaited == null) {
      awaited = new Closed(this);
      closed = awaited;
    }
    Cancellation token = caller.cancellation();
    caller.enter(caller.currentScope(), loop.neverCancelled());
    try {
      caller.awaitReady(awaited);
    } finally {
      caller.enter(caller.currentScope(), token);
    }
  }

  private static final class Closed extends WaitPoint {
    private final Handle handle;

    Closed(Handle handle) {
      this.handle = handle;
    }

    @Override
    public boolean isReady() {
      return handle.state == State.CLOSED;
    }

    @Override
    public String doing() {
      return "waiting for the close of " + handle.name();
    }
  }
}
