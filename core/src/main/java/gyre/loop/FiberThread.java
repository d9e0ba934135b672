package gyre.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a fiber, as the loop carries it: what a {@link FiberMechanism} knows of a fiber.
 * {@code gyre.Fiber} extends it, so that a fiber is one object.
 */
public abstract class FiberThread {
  private static final VarHandle UNPARKING;

  static {
    try {
      UNPARKING =
          MethodHandles.lookup().findVarHandle(FiberThread.class, "unparking", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final FiberMechanism mechanism;
  private final Thread thread;
  private final boolean runsCallbacks;

  /** What the JDK wants run to continue this fiber; set by its first run (native fibers). */
  private @Nullable Runnable continuation;

  /** For baton fibers: blocked by something that is not the loop's, so that its turn was taken. */
  boolean lostTurn;

  /** An unpark from outside stands in the inbox: one is enough. */
  @SuppressWarnings("unused") // by its handle
  private volatile boolean unparking;

  /**
   * Creates the thread, and does not start it.
   *
   * @param name of the thread; empty for none
   * @param runsCallbacks whether it runs the callbacks of many, and not a body of its own
   * @param scopeBindings the scoped values of whoever opened the scope of the fiber
   */
  @SuppressWarnings("this-escape") // the thread has not started
  protected FiberThread(
      FiberMechanism mechanism,
      String name,
      boolean runsCallbacks,
      @Nullable Object scopeBindings) {
    this.mechanism = mechanism;
    this.runsCallbacks = runsCallbacks;
    this.thread = mechanism.create(this, name, scopeBindings);
  }

  /** The kind of the handle, for figures, whose callback stands in it; 0 for none. */
  protected abstract int callbackKind();

  /** The body of the thread. */
  protected abstract void run();

  /** On the loop: lets a parked fiber go on. */
  protected abstract void wake();

  /** On the loop: the thread of this fiber was interrupted, maybe while it was parked. */
  protected abstract void disturb();

  protected final Thread thread() {
    return thread;
  }

  /** Whether it runs the callbacks of many, and not a body of its own. */
  protected final boolean runsCallbacks() {
    return runsCallbacks;
  }

  /** Has the loop {@link #wake} it, soon. From any thread but the loop's. */
  protected final void wakeFromOutside(Mailbox mailbox) {
    if (!(boolean) UNPARKING.getAndSet(this, true)) {
      mailbox.postInternal(this::wakeAsPosted);
    }
  }

  /**
   * The flag is exchanged, not just read and written: who finds it set has done so before this, and
   * what they wrote before is seen by the fiber.
   */
  private void wakeAsPosted() {
    boolean wasSet = (boolean) UNPARKING.getAndSet(this, false);
    assert wasSet;
    wake();
  }

  final boolean isCarriedBy(FiberMechanism other) {
    return mechanism == other;
  }

  /** Whether {@code runnable} is this fiber's own continuation; the first one handed in is. */
  final boolean adopt(Runnable runnable) {
    if (continuation == null) {
      continuation = runnable;
    }
    return continuation == runnable;
  }

  final Runnable continuation() {
    Runnable known = continuation;
    assert known != null;
    return known;
  }
}
