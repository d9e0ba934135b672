package gyre;

import gyre.loop.EndOfTurn;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

// Over 500 lines: the life of every handle, and a third of it in words.
/**
 * The part of a handle that {@link Loop}, {@link Scope} and {@link Fiber} work with: its life, its
 * place among the handles of its scope, and its callbacks. It stands in this package because those
 * reach into each other; what a package of handles extends is {@code gyre.spi.Resource}.
 *
 * <p>No part of the API: users have {@link Handle}.
 */
@SuppressWarnings("exports") // for gyre.spi alone
public abstract class HandleBase extends EndOfTurn implements Handle {
  private final Loop loop;
  private final Scope owner;
  private final long number;
  private final long openedNanos;
  private volatile State state = State.OPEN;
  private boolean callbackRequested;
  private boolean inCallback;
  private boolean endOfTurnRequested;

  /** Among the handles of its scope. */
  private boolean attached;

  /** To leave them when the callback that runs has ended: the scope waits for that. */
  private boolean detaching;

  /** Has been told to end as soon as what is in flight is done. */
  private boolean draining;

  private boolean background;

  /** What the loop counts it as. */
  private byte probeKind;

  private @Nullable String name;
  private @Nullable Closed closed;

  /** Calls of {@link #close} that wait for its end. */
  private int closesWaiting;

  /** Of the close: for the first of those who wait for it. */
  private @Nullable RuntimeException closeFailure;

  /** Who has begun to close it, if that was a fiber. */
  private @Nullable Fiber<?> closer;

  /** Where it was opened, if leaks are to be reported. */
  private final @Nullable Throwable opened;

  /** Links among the handles of its scope. */
  @Nullable HandleBase scopeNext;

  @Nullable HandleBase scopePrevious;

  /** Opens a handle in the current scope. */
  @SuppressWarnings("this-escape")
  protected HandleBase() {
    this(Scope.current());
  }

  @SuppressWarnings("this-escape")
  protected HandleBase(Scope owner) {
    this(owner, true);
  }

  /**
   * @param attached false for what is nothing to its scope yet: see {@link #attach}
   */
  @SuppressWarnings("this-escape")
  HandleBase(Scope owner, boolean attached) {
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
  protected HandleBase(Loop loop) {
    this(loop.internal(), false);
  }

  // ---- for users

  @Override
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

  @Override
  public final void rename(String newName) {
    checkThread();
    this.name = newName;
  }

  @Override
  public final State state() {
    return state;
  }

  @Override
  public final boolean isOpen() {
    return state == State.OPEN;
  }

  @Override
  public final void background(boolean on) {
    checkThread();
    if (background != on) {
      background = on;
      if (attached) {
        owner.backgroundChanged(on);
      }
    }
  }

  @Override
  public final boolean isBackground() {
    checkThread();
    return background;
  }

  @Override
  public final Scope owner() {
    return owner;
  }

  @Override
  public final Loop loop() {
    return loop;
  }

  @Override
  public final long ageMillis() {
    checkThread();
    return TimeUnit.NANOSECONDS.toMillis(loop.nanoTime() - openedNanos);
  }

  @Override
  public final void close() {
    if (state == State.CLOSED) {
      return;
    }
    loop.checkOnLoop();
    Fiber<?> caller = loop.running();
    if (caller == null || caller.isPump()) {
      beginClose();
      return;
    }
    closesWaiting++;
    try {
      beginClose();
      awaitClosed(caller);
    } finally {
      closesWaiting--;
    }
    RuntimeException failed = closeFailure;
    if (failed != null) {
      closeFailure = null;
      throw failed;
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

  /**
   * As {@link #released()}, where closing has failed: told to whoever waits for the close, and
   * reported where nobody does.
   */
  protected final void released(RuntimeException failure) {
    if (closesWaiting > 0) {
      closeFailure = failure;
    } else {
      report(failure);
    }
    released();
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
    if (!endOfTurnRequested) {
      endOfTurnRequested = true;
      loop.enqueueEndOfTurn(this);
    }
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

  /** Reports a failure that no fiber can be told of. */
  protected final void report(Throwable failure) {
    loop.report(name(), failure);
  }

  // ---- for the loop

  /** Of the time when it was opened. */
  long openedNanos() {
    return openedNanos;
  }

  boolean isInCallbackNow() {
    return inCallback;
  }

  int probeKind() {
    return probeKind;
  }

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
      probeKind = (byte) loop.handleOpened(this);
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

  @Override
  protected final void abort() {
    if (state != State.CLOSED) {
      state = State.CLOSING;
      aborting();
    }
  }

  @Override
  protected final void turnEnds() {
    endOfTurnRequested = false;
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
    InternalAccess.awaitUncancelled(caller, awaited);
  }

  private static final class Closed extends WaitPoint {
    private final HandleBase handle;

    Closed(HandleBase handle) {
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
