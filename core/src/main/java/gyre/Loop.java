package gyre;

import gyre.engine.Engine;
import gyre.engine.Environment;
import gyre.loop.FiberMechanism;
import gyre.loop.Logging;
import gyre.loop.Mailbox;
import gyre.loop.Monitors;
import gyre.loop.TimerNode;
import gyre.loop.TimerWheel;
import gyre.loop.Turn;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.probe.ProbeFile;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

// Over 500 lines: what users do with a loop, nearly half of it in words. The work is in Turn, Pump,
// Calls, Shutdown and the engine; what is left here is that each of them gets what it needs.
/**
 * One loop for everything that waits.
 *
 * <p>A loop belongs to the platform thread that opened it. That thread runs it; fibers and
 * callbacks run on it; nothing else may touch the loop or what it owns, except by {@link #post},
 * {@link #shutdown} and what says so. A call from a thread that may not make it throws {@link
 * IllegalStateException}, and changes nothing.
 *
 * <p>It turns: what was written goes out, events are handled, timers fire, fibers run. Each part of
 * a turn is bounded, so that no connection, timer or task can hold up the others; time is read
 * once. A loop with nothing to do blocks in the kernel without a deadline.
 */
public final class Loop implements AutoCloseable {
  /** What {@link #close} waits for the kernel to let go of what a forced shutdown has left. */
  private static final long RELEASE_LIMIT_NANOS = 500_000_000;

  private static final int CLOSING_TURNS = 1000;

  private final LoopOptions options;
  private final Thread thread;
  private final Engine engine;
  private final String engineChoice;
  private final FiberMode fiberMode;
  private final Environment environment;
  private final @Nullable ParkWatch parkWatch;
  private final FiberMechanism mechanism;
  private final Mailbox mailbox;
  private final Offload offload;
  private final Offload lookup;
  private final Scope root;
  private final Scope internal;
  private final ShutdownActions shutdownActions;
  private final Calls calls = new Calls(this);
  private final LoopDriver driver;
  private final Carried carried;
  private final Cancellation never;
  private final Pump pump;
  private final Turn turn;
  private final LoopCounters counters;
  private final FailureReports reports;

  /** Where others read what this loop does; null where nobody is to know. */
  private final ProbeFile.@Nullable Slot slot;

  private final @Nullable Probe probe;

  /** What tasks that were posted are counted as. */
  private final int postKind;

  /** Callbacks of lent memory that has come back. */
  private final UserCalls releases;

  /** What packages of handles have one of on each loop, by type. */
  private final Map<Class<?>, Object> parts = new HashMap<>();

  private final CompletableFuture<Boolean> closed = new CompletableFuture<>();

  private long number;
  private @Nullable Shutdown shutdown;

  /** Made by the first who asks. */
  private @Nullable RandomGenerator random;

  private @Nullable Stopping stopping;

  private Loop(
      LoopOptions options,
      FiberMode fiberMode,
      EngineSelection selection,
      ProbeFile.@Nullable Slot slot) {
    this.options = options;
    this.thread = Thread.currentThread();
    this.fiberMode = fiberMode;
    this.carried = new Carried(options.carried());
    this.engine = selection.engine();
    this.engineChoice = selection.explanation();
    this.environment = engine.environment();
    this.parkWatch = environment instanceof ParkWatch watch ? watch : null;
    this.root = new Scope(this, null, null, options.name(), Scope.Policy.ISOLATED);
    this.internal = new Scope(this, null, null, "internal", Scope.Policy.ISOLATED);
    this.slot = slot;
    this.probe = slot == null ? null : slot.probe();
    this.postKind = probe == null ? 0 : probe.kind("post");
    this.pump = new Pump(this, internal, probe);
    this.turn =
        new Turn(
            options.name(),
            engine,
            fiberMode == FiberMode.NATIVE,
            options.inboxLimit(),
            options.tickNanos(),
            pump,
            this::report,
            probe);
    this.counters = new LoopCounters(turn);
    this.mechanism = turn.mechanism();
    this.mailbox = turn.mailbox();
    this.offload =
        new Offload(
            environment,
            options.name(),
            "offload",
            options.offloadThreads(),
            options.offloadQueueLimit(),
            probe);
    this.lookup =
        new Offload(
            environment,
            options.name(),
            "lookup",
            options.lookupThreads(),
            options.lookupQueueLimit(),
            null);
    this.shutdownActions = new ShutdownActions(this, Scope.late(this));
    this.never = Cancellation.forScope(internal, null, null);
    this.driver = new LoopDriver(this, turn, mailbox);
    this.reports = new FailureReports(this);
    this.releases = new UserCalls(this, "the callbacks of released memory");
    engine.pool().releases(releases::add);
    if (probe != null) {
      probe.set(Counter.POOL_LIMIT_BYTES, engine.pool().limitBytes());
      probe.set(Counter.INBOX_LIMIT, options.inboxLimit());
      probe.set(Counter.OFFLOAD_THREADS, options.offloadThreads());
      probe.set(Counter.OFFLOAD_QUEUE_LIMIT, options.offloadQueueLimit());
    }
  }

  /** None in a simulation, where time is no time. */
  private static ProbeFile.@Nullable Slot probeSlot(
      LoopOptions options, FiberMode fiberMode, EngineSelection selection) {
    Engine engine = selection.engine();
    return options.insight() && engine.environment() == Environment.REAL
        ? ProbeFile.take(
            options.name(),
            engine.name(),
            fiberMode.toString(),
            selection.explanation(),
            engine.nanoTime())
        : null;
  }

  // ---- opening, running, closing

  /** Opens a loop that belongs to the calling thread. */
  public static Loop open() {
    return open(LoopOptions.defaults());
  }

  public static Loop open(LoopOptions options) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "a loop must be opened on a platform thread, for example by Thread.ofPlatform() or main");
    }
    Logging.prepare();
    FiberMode fiberMode = options.fiberMode();
    EngineSelection selection = EngineSelection.open(options);
    ProbeFile.Slot slot = null;
    try {
      slot = probeSlot(options, fiberMode, selection);
      Loop loop = new Loop(options, fiberMode, selection, slot);
      CurrentLoop.add(loop);
      if (loop.probe != null) {
        LoopWatchers.opened(loop);
      }
      return loop;
    } catch (Throwable e) {
      if (slot != null) {
        ProbeFile.giveBack(slot);
      }
      selection.engine().close();
      throw e;
    }
  }

  /** The loop that the calling code runs on. Throws if it runs on none. */
  public static Loop current() {
    Loop loop = CurrentLoop.get();
    loop.mechanism.reclaim();
    return loop;
  }

  /**
   * Runs {@code main} in a fiber and the loop with it, until everything that was started or opened
   * inside has ended: fibers, and handles such as listeners and active timers, unless they are in
   * the {@link Handle#background}. If a fiber fails, the others are cancelled and the failure is
   * thrown from here. It returns as well when a shutdown is through.
   */
  public void run(Task main) {
    try {
      run(() -> {
        main.run();
        return true;
      });
    } catch (CancelledException e) {
      if (shutdown == null) {
        throw e;
      }
      // The shutdown's report says what was cancelled and what was forced.
    }
  }

  /**
   * As {@link #run(Task)}, with a result. Throws {@link CancelledException} if a shutdown came
   * before there was one.
   */
  public <T extends @Nullable Object> T run(Callable<T> main) {
    checkCanTurn();
    Monitors.checkNoneHeld();
    Fiber<T> supervisor = begin(main);
    turn.until(() -> (!supervisor.isAlive() && !isShuttingDown()) || isForced());
    return supervisor.outcome();
  }

  /** See {@link LoopDriver#begin}. */
  <T extends @Nullable Object> Fiber<T> begin(Callable<T> main) {
    Fiber<T> supervisor =
        root.launch(
            "run",
            () -> {
              try (Scope scope = Scope.open("main")) {
                Fiber<T> fiber = scope.call("main", main);
                scope.awaitIdle();
                scope.join();
                return fiber.join();
              } finally {
                awaitUserCalls();
              }
            });
    supervisor.expectFailure();
    return supervisor;
  }

  /** A failure that was the last thing to happen is told of before the program goes on. */
  private void awaitUserCalls() {
    try {
      Fiber.await(reports.calls());
      Fiber.await(releases);
    } catch (CancelledException e) {
      // A shutdown waits for callbacks by itself, and not for ever.
    }
  }

  /** Runs the loop, also while nothing lives in it, until {@link #shutdown} is through. */
  public void runUntilShutdown() {
    checkCanTurn();
    Monitors.checkNoneHeld();
    turn.until(() -> shutdown != null && shutdown.isDone());
  }

  /** As {@link #runUntilShutdown(ShutdownOptions, Task)}, with the usual times. */
  public ExitStatus runUntilShutdown(Task main) {
    return runUntilShutdown(ShutdownOptions.defaults(), main);
  }

  /**
   * The whole life of a program: runs {@code main} as {@link #run(Task)} does, and ends in order
   * when the system asks for it.
   *
   * <ul>
   *   <li>The first INT or TERM begins a shutdown: what is under way may end within {@code how}.
   *   <li>The second one forces it. A third has the effect that it has on any JVM.
   *   <li>HUP changes nothing here; a {@code SignalStream} may reload by it.
   *   <li>A loop that still stands when the time of all steps is over, because a fiber never gives
   *       way, ends the process: with shutdown hooks if they are quick, with code 1, and with the
   *       place where it hangs in the log.
   * </ul>
   *
   * <p>Returns as well when all that lives in the loop has ended, or when {@link #shutdown} is
   * through. Failures have been told to the listener by then.
   *
   * <pre>{@code
   * try (Loop loop = Loop.open()) {
   *   status = loop.runUntilShutdown(() -> TcpServer.serve(...));
   * }
   * System.exit(status.code());
   * }</pre>
   *
   * @throws UnsupportedOperationException if this JVM hands out no signals, because it runs with
   *     {@code -Xrs}
   */
  public ExitStatus runUntilShutdown(ShutdownOptions how, Task main) {
    checkCanTurn();
    try (StopSignals signals = new StopSignals(environment, List.of(this), how)) {
      run(main);
      for (int i = 0; i < CLOSING_TURNS && !reports.calls().isReady(); i++) {
        turn.once(0);
      }
      return signals.status(shutdown == null ? List.of() : List.of(reported(shutdown)));
    }
  }

  /** As {@link #runUntilShutdown(ShutdownOptions, Callable)}, with the usual times. */
  public ExitStatus runUntilShutdown(Callable<Integer> main) {
    return runUntilShutdown(ShutdownOptions.defaults(), main);
  }

  /**
   * As {@link #runUntilShutdown(ShutdownOptions, Task)}, for a program that is over when its body
   * is: what {@code main} answers is the exit code, and what else lives in the loop by then is shut
   * down as {@code how} says.
   *
   * <pre>{@code
   * status = loop.runUntilShutdown(
   *     ShutdownOptions.atOnce(), () -> Command.of("make").run().exit().code());
   * }</pre>
   *
   * <p>A body that a signal has cancelled has no code: then the status tells of the signal.
   */
  public ExitStatus runUntilShutdown(ShutdownOptions how, Callable<Integer> main) {
    @Nullable Integer[] code = {null};
    Task body =
        () -> {
          code[0] = main.call();
          shutdown(how);
        };
    ExitStatus status = runUntilShutdown(how, body);
    Integer known = code[0];
    return known == null ? status : status.withBody(known);
  }

  private static ShutdownReport reported(Shutdown through) {
    ShutdownReport report = through.report();
    return report == null ? new ShutdownReport(Duration.ZERO, List.of(), List.of()) : report;
  }

  /** Starts a fiber in a loop that is not running yet, or is turned by its {@link #driver}. */
  public Fiber<?> start(String fiberName, Task body) {
    return root.start(fiberName, body);
  }

  /** For programs that turn the loop themselves. */
  public LoopDriver driver() {
    return driver;
  }

  /** Whether the next turn has something to do, besides what is in the inbox. */
  boolean hasWork() {
    return turn.hasWork();
  }

  /** Has the engine woken also between two turns. */
  void watchEngine() {
    mailbox.watchEngine();
  }

  /** See {@link LoopDriver#isIdle}. */
  boolean hasNothingToDo() {
    return root.isQuiet()
        && !turn.hasWork()
        && !pump.isInPost()
        && mailbox.isEmpty()
        && (shutdown == null || shutdown.isDone());
  }

  /**
   * Starts an orderly shutdown and returns at once; {@link #run} returns when it is through. From
   * any thread. A second call has no effect.
   */
  public void shutdown(ShutdownOptions how) {
    postInternal(() -> beginShutdown(how));
  }

  /**
   * Has {@code action} run while the loop shuts down, in a fiber: to leave a registry, say, or to
   * write the last lines of a journal. It begins when listeners have stopped accepting, while
   * connections end what they are doing. Actions run one after the other, the last registered
   * first. They may open and await what they like; that ends with the action. All of them together
   * have the time of the shutdown for draining and for cancelled fibers; one that is not done then
   * is cancelled, and those that did not begin are named in the {@link #shutdownReport}. One that
   * throws is reported, and the next one runs.
   *
   * <p>They run as well when the loop is closed without a shutdown. On the loop, or by its thread
   * between turns.
   *
   * @return takes the action back
   * @throws IllegalStateException if the loop is shutting down already
   */
  public Registration onShutdown(Task action) {
    checkOnLoop();
    if (shutdown != null) {
      throw new IllegalStateException(
          options.name() + " is shutting down already: do it now, or register it earlier");
    }
    return shutdownActions.add(action);
  }

  /**
   * Ends without waiting for anything; an orderly shutdown under way is cut short. From any thread.
   */
  public void forceShutdown() {
    postInternal(() -> {
      beginShutdown(ShutdownOptions.IMMEDIATE);
      if (shutdown != null) {
        shutdown.force();
      }
    });
  }

  /**
   * What the shutdown had to force, once there was one; after {@link #close} with the offloaded
   * jobs that were left behind. On the loop or by its thread; once it is closed, from any thread.
   */
  public @Nullable ShutdownReport shutdownReport() {
    if (!mailbox.isClosed()) {
      checkThread();
    }
    return shutdown == null ? null : shutdown.report();
  }

  /**
   * Closes the loop: shuts it down, shortly, if that has not been done, and releases everything.
   */
  @Override
  public void close() {
    if (mailbox.isClosed()) {
      return;
    }
    if (Thread.currentThread() != thread || turn.isUnderWay()) {
      throw new IllegalStateException(
          "a loop is closed by the thread that opened it, outside of its fibers; use shutdown()");
    }
    try {
      beginShutdown(ShutdownOptions.ON_CLOSE);
      Shutdown ending = shutdown;
      while (ending != null && !ending.isDone()) {
        turn.once(Engine.FOREVER);
      }
      releaseRest();
      closeOffload();
      closePump();
    } finally {
      mailbox.close();
      turn.abandon();
      calls.abandon();
      CurrentLoop.remove(this);
      engine.close();
      offload.close(0); // where something broke before it came to that
      endProbe();
      closed.complete(true);
    }
  }

  private void endProbe() {
    if (slot != null) {
      LoopWatchers.closed(this);
      ProbeFile.giveBack(slot);
    }
  }

  /** A forced shutdown does not wait for the kernel; this does, a little. */
  private void releaseRest() {
    long deadlineNanos = engine.nanoTime() + RELEASE_LIMIT_NANOS;
    roots().forEach(Shutdown::abortAll);
    while (roots().stream().anyMatch(Shutdown::hasHandles)
        && engine.nanoTime() - deadlineNanos < 0) {
      turn.once(deadlineNanos);
    }
  }

  private void closeOffload() {
    Shutdown ending = shutdown;
    assert ending != null;
    int left = offload.close(ending.poolNanos());
    // Nothing interrupts a look-up, and nobody wants to know any more: it is not waited for.
    int ignored = lookup.close(0);
    if (left > 0) {
      String what = left + " offloaded jobs did not end in time; their threads are interrupted";
      ending.addForced(what);
      report(options.name(), new IllegalStateException(what));
    }
  }

  /**
   * Callbacks that are parked are cancelled, after the listener had some turns to come to an end.
   */
  private void closePump() {
    for (int i = 0; i < CLOSING_TURNS && !(reports.calls().isReady() && releases.isReady()); i++) {
      turn.once(0);
    }
    pump.close();
    for (int i = 0; i < CLOSING_TURNS && internal.fibers() > 0; i++) {
      turn.once(0);
    }
    reports.close();
    releases.close();
  }

  // ---- timers

  /** Runs {@code callback} in a fiber of the loop, once, after a time. */
  public Timer after(Duration delay, Runnable callback) {
    Timer timer = timer(callback);
    timer.restart(delay);
    return timer;
  }

  /** A timer that fires once for every {@link Timer#restart}. */
  public Timer timer(Runnable callback) {
    return new Timer(currentScope(), TimerTask.Mode.ONCE, 0, carried.around(callback));
  }

  /**
   * Runs {@code callback} at a fixed rate: deadlines are whole periods after the first, and those
   * that were missed are counted, not made up for.
   */
  public Timer every(Duration period, Runnable callback) {
    return periodic(TimerTask.Mode.FIXED_RATE, period, callback);
  }

  /** Runs {@code callback} with a fixed delay from the end of one run to the start of the next. */
  public Timer everyWithDelay(Duration delay, Runnable callback) {
    return periodic(TimerTask.Mode.FIXED_DELAY, delay, callback);
  }

  private Timer periodic(TimerTask.Mode mode, Duration period, Runnable callback) {
    Timer timer =
        new Timer(currentScope(), mode, Durations.nanos(period), carried.around(callback));
    timer.restart(period);
    return timer;
  }

  // ---- from other threads

  /**
   * Runs {@code task} in a fiber of the loop, soon. From any thread. A task that the loop ends
   * without having run is closed if it is {@link AutoCloseable}, on whatever thread.
   *
   * @throws RejectedExecutionException if as many tasks wait as the loop allows, or it is closed
   */
  public void post(Runnable task) {
    mailbox.post(task);
  }

  /** As {@link #post}, but answers false where the inbox is full or the loop is closed. */
  public boolean tryPost(Runnable task) {
    return mailbox.tryPost(task);
  }

  /**
   * Has the loop run {@code work} in a fiber, waits for that, and gives its result. For threads
   * that are not the loop's; a fiber of another loop that calls this is parked, and its loop goes
   * on. What the work opens and starts belongs to the loop's {@link #root}, and stays when the call
   * has returned.
   *
   * <p>Throws what the work throws: unchecked failures as they are, checked ones as the cause of a
   * {@link FiberFailedException}. The caller that is interrupted or cancelled cancels the work, and
   * does not wait for its end. While nobody runs or turns the loop the call waits.
   *
   * @throws IllegalStateException on the thread of this loop, which would wait for itself; if the
   *     loop is closed or shuts down before it comes to the work
   * @throws CancelledException if a shutdown has cancelled the work
   * @throws RejectedExecutionException if as many tasks wait as the loop allows
   */
  public <T extends @Nullable Object> T call(Callable<? extends T> work)
      throws InterruptedException {
    return calls.await(work);
  }

  /**
   * As {@link #call}, without waiting; from any thread. The future completes in the fiber, so that
   * what depends on it runs on the loop unless it says otherwise. It completes with the same
   * failures as {@link #call} throws, checked ones unwrapped. Cancelling the future, or completing
   * it in any other way, cancels the work.
   */
  public <T extends @Nullable Object> CompletableFuture<T> callAsync(Callable<? extends T> work) {
    return calls.begin(work);
  }

  /**
   * Runs tasks in fibers of this loop, as {@link #post} does: for libraries that take an executor.
   * Usable from any thread.
   */
  public Executor executor() {
    return this::post;
  }

  /**
   * Runs tasks on the helper threads of {@link Fiber#offload}, for libraries that block and take an
   * executor. Usable from any thread. What a task throws is reported as a failure of this loop. A
   * task that does not fit into the queue is refused with a {@link RejectedExecutionException}, and
   * one that has not begun when the loop closes never does.
   */
  public Executor offloadExecutor() {
    return offload.executor(this);
  }

  void postInternal(Runnable action) {
    mailbox.postInternal(action);
  }

  // ---- what lives in it

  /** Everything open at present, with its owner and age, and what is closed but in a callback. */
  public List<HandleInfo> handles() {
    checkOnLoop();
    List<HandleInfo> list = new ArrayList<>();
    roots().forEach(scope -> collectHandles(scope, list));
    return list;
  }

  private static void collectHandles(Scope scope, List<HandleInfo> list) {
    for (HandleBase h = scope.firstHandle(); h != null; h = h.scopeNext) {
      list.add(HandleInfo.of(h));
    }
    for (Scope child = scope.firstChild(); child != null; child = child.nextSibling()) {
      collectHandles(child, list);
    }
  }

  void eachHandle(Consumer<HandleBase> action) {
    roots().forEach(scope -> eachHandle(scope, action));
  }

  private static void eachHandle(Scope scope, Consumer<HandleBase> action) {
    for (HandleBase h = scope.firstHandle(); h != null; h = h.scopeNext) {
      action.accept(h);
    }
    for (Scope child = scope.firstChild(); child != null; child = child.nextSibling()) {
      eachHandle(child, action);
    }
  }

  <T> T part(Class<T> type, Function<Loop, T> maker) {
    Object known = parts.get(type);
    if (known == null) {
      known = maker.apply(this);
      parts.put(type, known);
    }
    return type.cast(known);
  }

  /** All fibers that live at present and what they wait for, but those that run callbacks. */
  public List<FiberInfo> fibers() {
    checkOnLoop();
    return FiberList.of(roots());
  }

  public String name() {
    return options.name();
  }

  /** {@code io_uring}, {@code epoll}, {@code nio} or {@code sim}. */
  public String engineName() {
    return engine.name();
  }

  /** Which engine was chosen, and why not a better one. */
  public String engineExplanation() {
    return engineChoice;
  }

  public FiberMode fiberMode() {
    return fiberMode;
  }

  /** What the loop has done so far: exact on the loop, out of date anywhere else. */
  public LoopCounters counters() {
    return counters;
  }

  /** Monotonic time, read once a turn. From any thread; elsewhere than on the loop out of date. */
  public long nanoTime() {
    return turn.nowNanos();
  }

  /** The date and time of day, which may jump; {@link #nanoTime} is for measuring. */
  public InstantSource clock() {
    return environment.clock();
  }

  /**
   * Random numbers for what need not be secret, such as the jitter of a retry: from the seed of the
   * world in a simulation, so that a run can be repeated. On the loop.
   */
  public RandomGenerator random() {
    checkThread();
    RandomGenerator known = random;
    if (known == null) {
      known = new SplittableRandom(environment.randomSeed());
      random = known;
    }
    return known;
  }

  /**
   * Ready once a shutdown of this loop has begun, before anything is cancelled: for a fiber that
   * would go on for ever, and ends in its own way when this comes first.
   *
   * <pre>{@code
   * while (Fiber.awaitFirst(loop.stopping(), listener.acceptable()) != loop.stopping()) {
   *   handle(listener.accept());
   * }
   * }</pre>
   *
   * <p>What is still at it when the time of {@link ShutdownOptions#drain} is over is cancelled.
   */
  public Source stopping() {
    checkThread();
    Stopping known = stopping;
    if (known == null) {
      known = new Stopping(this);
      stopping = known;
    }
    return known;
  }

  private static final class Stopping extends WaitPoint {
    private final Loop loop;

    Stopping(Loop loop) {
      this.loop = loop;
    }

    @Override
    public boolean isReady() {
      return loop.isDraining();
    }

    @Override
    public void arm(Waiter waiter) {
      loop.checkThread();
      super.arm(waiter);
    }

    @Override
    public String doing() {
      return "waiting for " + loop.name() + " to be shut down";
    }
  }

  /**
   * Gives buffer memory that is not in use back to the system, and tells how much. A loop keeps
   * what it needed at its peak; call this when that was exceptional.
   */
  public long trimMemory() {
    checkOnLoop();
    return engine.pool().trim();
  }

  /** The outermost scope: what is opened outside of any other belongs to it. */
  public Scope root() {
    return root;
  }

  @Override
  public String toString() {
    return options.name() + "[" + engine.name() + "]";
  }

  // ---- inside the package

  Engine engine() {
    return engine;
  }

  Environment environment() {
    return environment;
  }

  /** Who is told of each park, if anybody is. */
  @Nullable ParkWatch parkWatch() {
    return parkWatch;
  }

  /** For a look from outside at a loop that hangs: what it runs, and where that stands. */
  String whereItStands() {
    Fiber<?> fiber = running();
    return fiber == null
        ? options.name() + " at " + Arrays.toString(thread.getStackTrace())
        : options.name() + " in " + Shutdown.describe("fiber " + fiber.name(), fiber);
  }

  Thread thread() {
    return thread;
  }

  /** Who is told what this loop does, if anybody is. */
  @Nullable Probe probe() {
    return probe;
  }

  int postKind() {
    return postKind;
  }

  FiberMechanism mechanism() {
    return mechanism;
  }

  Offload offload() {
    return offload;
  }

  /** For names alone. */
  Offload lookup() {
    return lookup;
  }

  Cancellation neverCancelled() {
    return never;
  }

  Pump pump() {
    return pump;
  }

  Carried carried() {
    return carried;
  }

  Scope internal() {
    return internal;
  }

  ShutdownActions shutdownActions() {
    return shutdownActions;
  }

  /** The outermost scopes of what belongs to users. */
  List<Scope> roots() {
    return List.of(root, shutdownActions.scope());
  }

  Mailbox mailbox() {
    return mailbox;
  }

  LoopOptions options() {
    return options;
  }

  TimerWheel wheel() {
    return turn.wheel();
  }

  long nextNumber() {
    return ++number;
  }

  @Nullable Fiber<?> running() {
    return (Fiber<?>) turn.running();
  }

  boolean isRunning(Fiber<?> fiber) {
    return turn.running() == fiber;
  }

  /** Whether the caller is a fiber, of whatever loop. */
  static boolean isInFiber() {
    Loop loop = CurrentLoop.find();
    Fiber<?> running = loop == null ? null : loop.running();
    return running != null && running.isCalling();
  }

  /** The calling fiber. */
  Fiber<?> fiber() {
    mechanism.reclaim();
    Fiber<?> fiber = running();
    if (fiber == null || !fiber.isCalling()) {
      throw notAFiber();
    }
    return fiber;
  }

  private IllegalStateException notAFiber() {
    return new IllegalStateException(
        Thread.currentThread()
            + " is no fiber of "
            + options.name()
            + ": call this from Loop.run, Fiber.start or a callback, or hand it over by Loop.post");
  }

  boolean onLoop() {
    return mechanism.onLoop();
  }

  /** Throws unless the caller runs on the loop, or is its thread between turns. */
  void checkThread() {
    if (!mechanism.onLoop()) {
      throw notAFiber();
    }
  }

  /** Completes when it has been closed, in whatever way. */
  CompletionStage<Boolean> closed() {
    return closed;
  }

  boolean isClosed() {
    return mailbox.isClosed();
  }

  /** As {@link #checkThread}, for what needs a loop that is open. */
  void checkOnLoop() {
    checkThread();
    if (mailbox.isClosed()) {
      throw new IllegalStateException(options.name() + " is closed");
    }
  }

  Scope currentScope() {
    Fiber<?> fiber = running();
    return fiber == null ? root : fiber.currentScope();
  }

  void enqueueCallback(Runnable callback) {
    pump.add(callback);
  }

  void enqueueCallback(HandleBase handle) {
    pump.add(handle);
  }

  void enqueueEndOfTurn(HandleBase handle) {
    turn.enqueueEndOfTurn(handle);
  }

  /** Starts or restarts a timer of the runtime, {@code delayNanos} after the time of this turn. */
  void startTimer(TimerNode timer, long delayNanos) {
    turn.wheel().restart(timer, turn.nowNanos(), delayNanos);
  }

  /** As {@link #startTimer}, from now: for users, whose code may have run for long in this turn. */
  void startTimerFromNow(TimerNode timer, long delayNanos) {
    turn.wheel().restart(timer, engine.nanoTime(), delayNanos);
  }

  /** Time until a timer that is started fires, from now. */
  long remainingNanos(TimerNode timer) {
    return turn.wheel().remainingNanos(timer, engine.nanoTime());
  }

  void cancelTimer(TimerNode timer) {
    turn.wheel().cancel(timer);
  }

  /** What it is counted as; 0 where nobody counts. */
  int handleOpened(HandleBase handle) {
    counters.handlesOpened++;
    if (probe == null) {
      return 0;
    }
    int known = handle.probeKind();
    int kind = known == 0 ? probe.kind(kindOf(handle)) : known;
    probe.add(Counter.HANDLES_OPENED, 1);
    probe.handles(kind, 1);
    return kind;
  }

  /**
   * Those that are told their kind when they are made, as streams of pipes and terminals, may not
   * know it yet: they are counted together.
   */
  private static String kindOf(HandleBase handle) {
    @Nullable String kind = handle.kind();
    return kind == null ? "descriptor" : kind;
  }

  void handleClosed(HandleBase handle) {
    counters.handlesClosed++;
    if (probe != null) {
      probe.add(Counter.HANDLES_CLOSED, 1);
      probe.handles(handle.probeKind(), -1);
    }
    lifeEnded();
  }

  void report(String source, Throwable failure) {
    if (Failures.isRemote(failure)) {
      Logging.debug(source, failure);
      Failures.eachHidden(failure, hidden -> report(source, hidden));
      return;
    }
    counters.failures++;
    if (probe != null) {
      probe.set(Counter.FAILURES, counters.failures);
    }
    reports.add(source, failure);
  }

  /** A stream was broken by its peer. */
  void peerFailed() {
    counters.peerFailures++;
    if (probe != null) {
      probe.set(Counter.PEER_FAILURES, counters.peerFailures);
    }
  }

  /** A fiber, handle or scope has ended. */
  void lifeEnded() {
    if (shutdown != null) {
      shutdown.poke();
    }
  }

  boolean isDraining() {
    return shutdown != null;
  }

  private boolean isShuttingDown() {
    return shutdown != null && !shutdown.isDone();
  }

  boolean isForced() {
    return shutdown != null && shutdown.isForced();
  }

  private void beginShutdown(ShutdownOptions how) {
    if (shutdown == null) {
      shutdown = new Shutdown(this, how);
      shutdown.begin();
      if (stopping != null) {
        stopping.wakeAll();
      }
    }
  }

  void checkCanTurn() {
    if (mechanism.onLoop() && turn.isUnderWay()) {
      throw new IllegalStateException(options.name() + " is running already");
    }
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          options.name() + " is run by the thread that opened it, " + thread.getName());
    }
    if (mailbox.isClosed()) {
      throw new IllegalStateException(options.name() + " is closed");
    }
    CurrentLoop.add(this);
  }
}
