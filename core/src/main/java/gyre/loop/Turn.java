package gyre.loop;

import gyre.engine.Engine;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a loop does again and again, and what waits for it to be done.
 *
 * <pre>
 *   ends of the turn before → engine (submit everything, wait, collect) → dispatch → inbox → due timers
 *         → callbacks → run queue
 * </pre>
 *
 * <p>Every phase is bounded by {@link #BUDGET} or by what was there when it began, so that none can
 * hold up the others. The clock is read once. What code of users throws is reported, and the rest
 * goes on.
 */
public final class Turn {
  /** Completions, posts, timers and fibers that one turn handles at most, each. */
  private static final int BUDGET = 1024;

  private final Thread thread = Thread.currentThread();
  private final String loopName;
  private final Engine engine;
  private final FiberMechanism mechanism;
  private final Mailbox mailbox;
  private final Callbacks callbacks;
  private final BiConsumer<String, Throwable> failures;
  private final RunQueue runQueue;
  private final TimerWheel wheel;
  private final ArrayDeque<EndOfTurn> ends = new ArrayDeque<>();

  private @Nullable FiberThread running;
  private boolean underWay;
  private long turns;
  private long completions;

  /** Completions were handled after the fibers had run, for which a turn is due. */
  private boolean unsettled;

  private long nowNanos;

  /**
   * Of the calling thread.
   *
   * @param failures is told what code threw that nobody else can be told of, with its source
   */
  public Turn(
      String loopName,
      Engine engine,
      boolean nativeFibers,
      int inboxLimit,
      long tickNanos,
      Callbacks callbacks,
      BiConsumer<String, Throwable> failures) {
    this.loopName = loopName;
    this.engine = engine;
    this.callbacks = callbacks;
    this.failures = failures;
    this.mechanism = nativeFibers ? new NativeFibers(this) : new BatonFibers(this);
    this.mailbox = new Mailbox(loopName, inboxLimit, engine, mechanism::onLoop);
    this.nowNanos = engine.nanoTime();
    this.runQueue = new RunQueue(engine.environment().order());
    this.wheel = new TimerWheel(nowNanos, tickNanos);
  }

  // ---- turning

  /**
   * One turn.
   *
   * @param deadlineNanos until when it may wait; 0 for not at all
   */
  public void once(long deadlineNanos) {
    assert !underWay;
    underWay = true;
    try {
      turns++;
      mailbox.endRest();
      runEnds();
      await(deadlineNanos);
      unsettled = false;
      nowNanos = engine.nanoTime();
      int ignored = dispatch();
      drainInbox();
      fireTimers();
      callbacks.begin();
      runFibers();
      while (callbacks.takeOver()) {
        runFibers();
      }
    } finally {
      underWay = false;
    }
  }

  /** Hands what was submitted to the kernel: for a loop whose thread waits elsewhere. */
  public void submit() {
    assert !underWay;
    underWay = true;
    try {
      engine.await(0);
      unsettled = dispatch() > 0;
    } finally {
      underWay = false;
    }
  }

  /** Turns until it is done. */
  public void until(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      once(Engine.FOREVER);
    }
    mailbox.restAndLook();
  }

  private void await(long deadlineNanos) {
    if (deadlineNanos == 0 || hasWork()) {
      engine.await(0);
    } else {
      mailbox.sleep(timeoutNanos(deadlineNanos));
    }
  }

  /** Counted from now: the time of the turn before is older by all that its fibers did. */
  private long timeoutNanos(long deadlineNanos) {
    long earliestNanos = Math.min(deadlineNanos, wheel.nextDeadlineNanos());
    return earliestNanos == Engine.FOREVER
        ? Engine.FOREVER
        : Math.max(0, earliestNanos - engine.nanoTime());
  }

  /** What a callback throws is its handle's fault: the others go on in the next turn. */
  private int dispatch() {
    try {
      int handled = engine.dispatch(BUDGET);
      completions += handled;
      return handled;
    } catch (Throwable e) {
      failures.accept("a completion", e);
      return 1;
    }
  }

  /** As {@link #dispatch}: what else is due fires in the next turn. */
  private void fireTimers() {
    try {
      wheel.advance(nowNanos, BUDGET);
    } catch (Throwable e) {
      failures.accept("a timer", e);
    }
  }

  private void runEnds() {
    for (int left = ends.size(); left > 0; left--) {
      EndOfTurn handle = ends.remove();
      try {
        handle.turnEnds();
      } catch (Throwable e) {
        failures.accept(handle.name(), e);
        abort(handle);
      }
    }
  }

  private void abort(EndOfTurn handle) {
    try {
      handle.abort();
    } catch (Throwable e) {
      failures.accept(handle.name(), e);
    }
  }

  private void drainInbox() {
    if (mailbox.isEmpty()) {
      return;
    }
    for (int left = BUDGET; left > 0; left--) {
      Object runnable = mailbox.nextResume();
      if (runnable == null) {
        break;
      }
      if (runnable instanceof Mailbox.Internal step) {
        run(step);
      } else {
        runQueue.add(runnable);
      }
    }
    for (int left = BUDGET; left > 0; left--) {
      Runnable post = mailbox.nextPost();
      if (post == null) {
        break;
      }
      callbacks.add(post);
    }
  }

  private void run(Mailbox.Internal step) {
    try {
      step.action().run();
    } catch (Throwable e) {
      failures.accept(loopName, e);
    }
  }

  private void runFibers() {
    for (int left = Math.min(runQueue.size(), BUDGET); left > 0; left--) {
      Object next = runQueue.take(left);
      if (next instanceof FiberThread fiber) {
        running = fiber;
        mechanism.run(fiber);
        running = null;
      } else {
        ((Runnable) next).run();
      }
    }
  }

  // ---- what waits for it

  /** Whether the next turn has something to do without waiting, besides what is in the inbox. */
  public boolean hasWork() {
    return !runQueue.isEmpty() || !callbacks.isEmpty() || !ends.isEmpty() || unsettled;
  }

  /** How long nothing is to do if nothing else happens. */
  public long idleNanos() {
    if (hasWork() || !mailbox.isEmpty()) {
      return 0;
    }
    long next = wheel.nextDeadlineNanos();
    return next == Long.MAX_VALUE ? Engine.FOREVER : Math.max(0, next - engine.nanoTime());
  }

  public void enqueue(Object fiberOrContinuation) {
    runQueue.add(fiberOrContinuation);
  }

  /** Has it called back before the loop waits again. */
  public void enqueueEndOfTurn(EndOfTurn handle) {
    ends.add(handle);
  }

  /** The loop has closed: nothing runs on it any more. */
  public void abandon() {
    runQueue.abandon();
  }

  public TimerWheel wheel() {
    return wheel;
  }

  // ---- how it stands

  public boolean isUnderWay() {
    return underWay;
  }

  public @Nullable FiberThread running() {
    return running;
  }

  public Thread thread() {
    return thread;
  }

  public FiberMechanism mechanism() {
    return mechanism;
  }

  public Mailbox mailbox() {
    return mailbox;
  }

  /** How many there have been. */
  public long turns() {
    return turns;
  }

  /** How many completions of operations were handled. */
  public long completions() {
    return completions;
  }

  /** When the last turn had waited. */
  public long nowNanos() {
    return nowNanos;
  }
}
