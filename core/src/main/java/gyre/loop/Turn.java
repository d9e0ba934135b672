package gyre.loop;

import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.probe.Counter;
import gyre.probe.Probe;
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

  /** Is told what happens; null where nobody wants to know. */
  private final @Nullable Probe probe;

  private @Nullable FiberThread running;
  private boolean underWay;
  private long turns;
  private long completions;

  /** What was handled after the fibers had run has left something for which a turn is due. */
  private boolean unsettled;

  private long nowNanos;

  /** When the last wait should have ended at the latest. */
  private long waitLimitNanos = Engine.FOREVER;

  /**
   * Of the calling thread.
   *
   * @param failures is told what code threw that nobody else can be told of, with its source
   * @param probe is told what happens; null where nobody wants to know
   */
  public Turn(
      String loopName,
      Engine engine,
      boolean nativeFibers,
      int inboxLimit,
      long tickNanos,
      Callbacks callbacks,
      BiConsumer<String, Throwable> failures,
      @Nullable Probe probe) {
    this.loopName = loopName;
    this.engine = engine;
    this.callbacks = callbacks;
    this.failures = failures;
    this.probe = probe;
    this.mechanism = nativeFibers ? new NativeFibers(this) : new BatonFibers(this);
    this.mailbox = new Mailbox(loopName, inboxLimit, engine, mechanism::onLoop);
    this.nowNanos = engine.nanoTime();
    this.runQueue = new RunQueue(engine.environment().order());
    this.wheel = new TimerWheel(nowNanos, tickNanos);
    this.wheel.probe(probe);
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
      if (probe != null) {
        probe.turnBegins(nowNanos, waitLimitNanos, callbacks.size(), runQueue.size());
      }
      int handled = dispatch();
      drainInbox();
      int fired = fireTimers();
      callbacks.begin();
      if (probe != null) {
        dispatched(probe, handled, fired);
      }
      runFibers();
      while (callbacks.takeOver()) {
        runFibers();
      }
    } finally {
      if (probe != null) {
        tell(probe);
      }
      underWay = false;
    }
  }

  /** The clock is read only where something is to run, whose time is counted from here. */
  private void dispatched(Probe to, int handled, int fired) {
    to.dispatched(runQueue.isEmpty() ? nowNanos : engine.nanoTime(), handled, fired);
  }

  /** What others count. */
  private void tell(Probe to) {
    EngineCounters counters = engine.counters();
    to.set(Counter.CALLS_WAITING, counters.waits);
    to.set(Counter.CALLS_OTHER, counters.calls);
    to.set(Counter.REGISTRATIONS, counters.registrations);
    to.set(Counter.SUBMISSIONS, counters.submissions);
    to.set(Counter.WAKES, counters.wakes);
    to.set(Counter.STARVATIONS, counters.starvations);
    to.set(Counter.OVERFLOWS, counters.overflows);
    to.set(Counter.BYTES_RECEIVED, counters.bytesReceived);
    to.set(Counter.BYTES_SENT, counters.bytesSent);
    to.set(Counter.POOL_USED_BYTES, engine.pool().usedBytes());
    to.set(Counter.POOL_PEAK_BYTES, engine.pool().peakBytes());
    to.set(Counter.POOL_REFUSALS, engine.pool().refusals());
    to.turnEnds(callbacks.size(), runQueue.size());
  }

  /** Its thread does something else until {@link #restEnds}. */
  public void rests() {
    if (probe != null) {
      probe.rests();
    }
  }

  public void restEnds() {
    if (probe != null) {
      probe.restEnds();
    }
  }

  /** Hands what was submitted to the kernel: for a loop whose thread waits elsewhere. */
  public void submit() {
    assert !underWay;
    underWay = true;
    try {
      engine.await(0);
      // What is armed again, say, is not until the next turn: a wake-up might be missed.
      unsettled = dispatch() > 0 || engine.hasUnsent();
    } finally {
      underWay = false;
    }
  }

  /** Turns until it is done. */
  public void until(BooleanSupplier done) {
    // What the thread did since an earlier run is no part of the turn that ended that one.
    boolean follows = false;
    while (!done.getAsBoolean()) {
      if (probe != null && follows) {
        probe.continues();
      }
      follows = true;
      once(Engine.FOREVER);
    }
    mailbox.restAndLook();
  }

  private void await(long deadlineNanos) {
    boolean sleeps = deadlineNanos != 0 && !hasWork();
    waitLimitNanos = sleeps ? Math.min(deadlineNanos, wheel.nextDeadlineNanos()) : Engine.FOREVER;
    // The time of the turn before is older by all that its fibers did.
    boolean asksClock = probe != null || waitLimitNanos != Engine.FOREVER;
    long now = asksClock ? engine.nanoTime() : 0;
    if (probe != null) {
      probe.waits(now, sleeps);
    }
    if (!sleeps) {
      engine.await(0);
    } else if (waitLimitNanos == Engine.FOREVER) {
      mailbox.sleep(Engine.FOREVER);
    } else {
      mailbox.sleep(Math.max(0, waitLimitNanos - now));
    }
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
  private int fireTimers() {
    try {
      return wheel.advance(nowNanos, BUDGET);
    } catch (Throwable e) {
      failures.accept("a timer", e);
      return 1;
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
    int resumes = 0;
    for (; resumes < BUDGET; resumes++) {
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
    int posts = 0;
    for (; posts < BUDGET; posts++) {
      Runnable post = mailbox.nextPost();
      if (post == null) {
        break;
      }
      callbacks.add(post);
    }
    if (probe != null) {
      probe.tookFromInbox(posts, resumes, posts == BUDGET ? mailbox.inbox().posts() : 0);
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
        if (probe != null) {
          begins(probe, fiber);
        }
        running = fiber;
        mechanism.run(fiber);
        running = null;
      } else {
        ((Runnable) next).run();
      }
      if (probe != null) {
        ran(probe, next);
      }
    }
  }

  private static void begins(Probe to, FiberThread fiber) {
    if (fiber.runsCallbacks()) {
      to.callbacksGoOn();
    } else {
      to.fiberBegins();
    }
  }

  /** Callbacks tell of themselves, but for those that are parked, be it again. */
  private void ran(Probe to, Object what) {
    if (!(what instanceof FiberThread fiber) || !fiber.runsCallbacks()) {
      to.fiberRan(engine.nanoTime(), what);
    } else if (to.hasUntold()) {
      to.callbackParked(engine.nanoTime(), fiber.callbackKind(), fiber);
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
