package gyre;

import gyre.engine.Engine;
import gyre.loop.Mailbox;
import gyre.loop.RunQueue;
import gyre.loop.TimerWheel;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a loop does again and again, and what waits for it to be done.
 *
 * <pre>
 *   flush → engine (submit everything, wait, collect) → dispatch → inbox → due timers
 *         → callbacks → run queue
 * </pre>
 *
 * <p>Every phase is bounded by {@link #BUDGET} or by what was there when it began, so that none can
 * hold up the others. The clock is read once. What code of users throws is reported, and the rest
 * goes on.
 */
final class Turn {
  /** Completions, posts, timers and fibers that one turn handles at most, each. */
  private static final int BUDGET = 1024;

  private final Loop loop;
  private final Engine engine;
  private final Mailbox mailbox;
  private final Pump pump;
  private final LoopCounters counters;
  private final RunQueue runQueue;
  private final TimerWheel wheel;
  private final ArrayDeque<HandleBase> flushes = new ArrayDeque<>();

  private @Nullable Fiber<?> running;
  private boolean underWay;

  /** Completions were handled after the fibers had run, for which a turn is due. */
  private boolean unsettled;

  private long nowNanos;

  Turn(Loop loop, Mailbox mailbox, Pump pump, LoopCounters counters, long tickNanos) {
    this.loop = loop;
    this.engine = loop.engine();
    this.mailbox = mailbox;
    this.pump = pump;
    this.counters = counters;
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
  void once(long deadlineNanos) {
    assert !underWay;
    underWay = true;
    try {
      counters.turns++;
      mailbox.endRest();
      runFlushes();
      await(deadlineNanos);
      unsettled = false;
      nowNanos = engine.nanoTime();
      int ignored = dispatch();
      drainInbox();
      fireTimers();
      pump.prime();
      runFibers();
      while (pump.takeOver()) {
        runFibers();
      }
    } finally {
      underWay = false;
    }
  }

  /** Hands what was submitted to the kernel: for a loop whose thread waits elsewhere. */
  void submit() {
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
  void until(BooleanSupplier done) {
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
      int completions = engine.dispatch(BUDGET);
      counters.completions += completions;
      return completions;
    } catch (Throwable e) {
      loop.report("a completion", e);
      return 1;
    }
  }

  /** As {@link #dispatch}: what else is due fires in the next turn. */
  private void fireTimers() {
    try {
      wheel.advance(nowNanos, BUDGET);
    } catch (Throwable e) {
      loop.report("a timer", e);
    }
  }

  private void runFlushes() {
    for (int left = flushes.size(); left > 0; left--) {
      HandleBase handle = flushes.remove();
      try {
        handle.runFlush();
      } catch (Throwable e) {
        loop.report(handle.name(), e);
        abort(handle);
      }
    }
  }

  private void abort(HandleBase handle) {
    try {
      handle.abort();
    } catch (Throwable e) {
      loop.report(handle.name(), e);
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
      pump.add(post);
    }
  }

  private void run(Mailbox.Internal step) {
    try {
      step.action().run();
    } catch (Throwable e) {
      loop.report(loop.name(), e);
    }
  }

  private void runFibers() {
    for (int left = Math.min(runQueue.size(), BUDGET); left > 0; left--) {
      Object next = runQueue.take(left);
      if (next instanceof Fiber<?> fiber) {
        running = fiber;
        loop.mechanism().run(fiber);
        running = null;
      } else {
        ((Runnable) next).run();
      }
    }
  }

  // ---- what waits for it

  /** Whether the next turn has something to do without waiting, besides what is in the inbox. */
  boolean hasWork() {
    return !runQueue.isEmpty() || !pump.isEmpty() || !flushes.isEmpty() || unsettled;
  }

  /** How long nothing is to do if nothing else happens. */
  long idleNanos() {
    if (hasWork() || !mailbox.isEmpty()) {
      return 0;
    }
    long next = wheel.nextDeadlineNanos();
    return next == Long.MAX_VALUE ? Engine.FOREVER : Math.max(0, next - engine.nanoTime());
  }

  void enqueue(Object fiberOrContinuation) {
    runQueue.add(fiberOrContinuation);
  }

  void enqueueFlush(HandleBase handle) {
    flushes.add(handle);
  }

  /** The loop has closed: nothing runs on it any more. */
  void abandon() {
    runQueue.abandon();
  }

  TimerWheel wheel() {
    return wheel;
  }

  // ---- how it stands

  boolean isUnderWay() {
    return underWay;
  }

  @Nullable Fiber<?> running() {
    return running;
  }

  /** When the last turn had waited. */
  long nowNanos() {
    return nowNanos;
  }
}
