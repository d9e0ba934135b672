package gyre.spi;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Handle;
import gyre.HandleBase;
import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import gyre.engine.Engine;
import gyre.engine.Environment;
import gyre.loop.TimerNode;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a handle extends: sockets, files, children, terminals. Users see it as a {@link Handle}.
 *
 * <p>A handle is in one scope and on one loop. It says what it is ({@link #kind}, {@link
 * #addressText}) and how it ends:
 *
 * <pre>
 *   close   →  closing()   →  ... the last operation completes ...  →  released()
 *   forced  →  aborting()  →  ...
 * </pre>
 *
 * <p>Inside it does three things. It <b>parks the fiber that calls it</b> ({@link #caller}, {@link
 * #await}), and has it go on from a completion. It <b>runs code of users</b> by {@link
 * #requestCallback}, which leads to {@link #callback} in a fiber, never two of one handle at a
 * time. And it <b>submits at the end of the turn</b> what that turn has gathered: {@link
 * #requestEndOfTurn} leads to {@link #endOfTurn}, on the loop. Time limits are {@link Timeout}s.
 *
 * <p>All methods are for the loop's thread, unless they say otherwise.
 */
public abstract class Resource extends HandleBase {
  /** Opens a handle in the current scope. */
  protected Resource() {}

  protected Resource(Scope owner) {
    super(owner);
  }

  /**
   * A part of the runtime that wants turns and timers like a handle: it belongs to no scope of a
   * user, and ends with its loop.
   */
  protected Resource(Loop loop) {
    super(loop);
  }

  protected final Engine engine() {
    return Internals.engine(loop());
  }

  /** As {@link Internals#handToLoop}, to this handle's loop. */
  protected final void handToLoop(Runnable step) {
    Internals.handToLoop(loop(), step);
  }

  /** What a loop takes from the world: signals, helper threads, the date. */
  protected static Environment environmentOf(Loop loop) {
    return Internals.engine(loop).environment();
  }

  // ---- fibers

  /** The calling fiber, which must be one of this loop's. */
  protected final Fiber<?> caller() {
    return Internals.callerOn(loop());
  }

  /**
   * Parks the calling fiber. May return without reason.
   *
   * @throws CancelledException if it is cancelled
   */
  protected static void park(Fiber<?> caller) {
    Internals.park(caller);
  }

  /** As {@link Fiber#await(Source)}, for a handle that knows its caller already. */
  protected static void await(Fiber<?> caller, Source source) {
    Internals.await(caller, source);
  }

  /** As {@link #await}, also in a fiber that is cancelled: for what is certain to come soon. */
  protected static void awaitUncancelled(Fiber<?> caller, Source source) {
    Internals.awaitUncancelled(caller, source);
  }

  /** Lets a parked fiber go on. */
  protected static void resume(@Nullable Fiber<?> fiber) {
    Internals.resume(fiber);
  }

  /** Whether the calling fiber runs a callback: it should not be parked for long. */
  protected static boolean isCallback(Fiber<?> caller) {
    return Internals.isCallback(caller);
  }

  /** As {@link Fiber#offload}, but on the threads that look up names. */
  protected static <R extends @Nullable Object> R offloadLookUp(Callable<R> work) throws Exception {
    return Internals.lookUp(work);
  }

  // ---- before there is a handle

  /** Throws unless the caller may open a handle in {@code owner}, which may be closing. */
  protected static void checkCanOpen(Scope owner) {
    Internals.checkCanOpen(owner);
  }

  /** The engine of a scope's loop, for those who open descriptors before there is a handle. */
  protected static Engine engineOf(Scope scope) {
    return Internals.engine(scope);
  }

  // ---- others

  /**
   * What each loop has one of for a package of handles.
   *
   * @param maker makes it, when it is asked for the first time
   */
  protected static <T> T onePerLoop(Loop loop, Class<T> type, Function<Loop, T> maker) {
    return Internals.onePerLoop(loop, type, maker);
  }

  /** All handles of the loop that belong to users. */
  protected final void eachHandle(Consumer<Handle> action) {
    Internals.eachHandle(loop(), action);
  }

  /** Counts a connection that its peer broke. */
  protected final void countPeerFailure() {
    Internals.countFailureOfPeer(loop());
  }

  /** A timer of a handle: runs on the loop, not in a fiber. Restarting it is nearly free. */
  public abstract static class Timeout extends TimerNode {
    private final Resource resource;

    protected Timeout(Resource resource) {
      this.resource = resource;
    }

    protected abstract void expired();

    /** Starts or restarts it. */
    public final void start(long nanos) {
      Internals.start(resource.loop(), this, nanos);
    }

    public final void cancel() {
      Internals.cancel(resource.loop(), this);
    }

    public final boolean isActive() {
      return isScheduled();
    }

    @Override
    protected final void fired(long nowNanos) {
      assert resource.state() != Handle.State.CLOSED
          : "a timeout of " + resource.name() + " outlives it";
      expired();
    }
  }
}
