package gyre.queue;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Executes the entries of a queue.
 *
 * <pre>{@code
 * try (Loop loop = Loop.open()) {
 *   loop.run(() -> Worker.open(WorkerOptions.of(directory)).run());
 * }
 * }</pre>
 *
 * <p>The loop waits for everything: new files, lines in the FIFO, signals, the clock, handlers. One
 * more thread takes the entries and executes SQL. Nothing polls while the kernel tells of files.
 */
public final class Worker implements QueueWorker {
  private static final int SLOTS_LIMIT = 64;
  private static final long HEARTBEAT_SOONEST_NANOS = 500_000_000;
  private static final Duration LOCK_PATIENCE = Duration.ofMillis(20);
  private static final int LOCK_TRIES = 10;
  private static final int LOCK_TRIES_JOINING = 1;
  private static final Duration LONGEST = Duration.ofDays(365);

  private final WorkerOptions options;
  private final Queue queue;
  private final Spool spool;
  private final WorkerLog log;
  private final WorkerStats stats = new WorkerStats();
  private final Inbox inbox = new Inbox();
  private final Probe probe;
  private final boolean usesLedger;
  private volatile QueueConfig config;
  private final HandlerFibers handlers = new HandlerFibers(inbox::wakeUp);

  private Worker(WorkerOptions options, Queue queue, boolean usesLedger, Probe probe) {
    this.options = options;
    this.queue = queue;
    this.spool = queue.spool();
    this.usesLedger = usesLedger;
    this.probe = probe;
    this.log = new WorkerLog(spool.base.resolve("worker.log"), options.output());
    this.config = readConfig();
  }

  /**
   * Checks the configuration and makes the directories. The worker does nothing before {@link
   * #run}.
   *
   * @throws QueueException that says what is wrong, and where
   */
  public static Worker open(WorkerOptions options) {
    return open(options, true, Probe.NONE);
  }

  /** For tests. */
  static Worker open(WorkerOptions options, boolean usesLedger, Probe probe) {
    return new Worker(options, Queue.open(options.directory()), usesLedger, probe);
  }

  /**
   * Reads a configuration as a worker would, and tells what it has.
   *
   * @throws QueueException that names file, line and key
   */
  public static List<String> checkConfiguration(Path file, ClassLoader loader) {
    QueueConfig config = ConfigReader.read(file, loader).handlers(Handlers.services(loader));
    List<String> lines = new ArrayList<>();
    config.kinds().values().stream()
        .sorted(java.util.Comparator.comparing(Kind::operation))
        .forEach(each ->
            lines.add(
                each.operation()
                    + ": "
                    + each.way().getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT)
                    + ", "
                    + each.concurrency()
                    + " at a time, timeout "
                    + each.timeout().toSeconds()
                    + " s, "
                    + each.retry().retries()
                    + " retries"));
    config.recurring().forEach(each -> lines.add(each.name() + ": recurring, " + each.cron()));
    return lines;
  }

  private QueueConfig readConfig() {
    return ConfigReader.ofWorker(options, spool.base);
  }

  /** For tests, which have no file for it. */
  void config(QueueConfig value) {
    config = value.handlers(options.handlers());
  }

  int maxEntryBytes() {
    return config.maxEntryBytes();
  }

  /** Reads the configuration again. If it is wrong, that is logged, and the old one stays. */
  @Override
  public void reload() {
    try {
      config = readConfig();
      log.info("the configuration was read again");
    } catch (QueueException e) {
      log.warn("the configuration was not changed: " + e.getMessage());
    }
    inbox.wakeUp();
  }

  /** Looks at the directory now. Any thread. */
  public void wakeUp() {
    inbox.rescan();
  }

  /** Finishes what waits, up to the limits of the configuration, and ends. Any thread. */
  @Override
  public void drain() {
    inbox.wish(Inbox.Wish.DRAIN);
  }

  /** Ends after the step under way. What was begun is replayed by the next worker. Any thread. */
  @Override
  public void stop() {
    inbox.wish(Inbox.Wish.STOP);
  }

  WorkerStats stats() {
    return stats;
  }

  /** Calls of each handler that were given up and go on. */
  List<Hanging> hanging() {
    return handlers.hanging();
  }

  /**
   * Works until it is asked to end. Called in a fiber, which it parks.
   *
   * @throws QueueException if another worker has the directory
   */
  @Override
  public void run() {
    int slot = -1;
    InstanceLock lock = null;
    for (int i = 0; i < (options.joins() ? SLOTS_LIMIT : 1) && lock == null; i++) {
      lock = take(i).orElse(null);
      slot = i;
    }
    if (lock == null) {
      throw new QueueException(
          "start a worker on "
              + spool.base
              + ": "
              + Inspection.describeOwner(spool)
              + " works there already; end it, or add one beside it by --join");
    }
    try {
      run(slot);
    } finally {
      lock.close();
    }
  }

  /** Whoever only looks whether a worker lives has the lock for a moment: so more than once. */
  private Optional<InstanceLock> take(int slot) {
    Path file = spool.lockFile(slot);
    for (int i = 0; ; i++) {
      Optional<InstanceLock> lock = InstanceLock.tryTake(file);
      if (lock.isPresent() || i == LOCK_TRIES || (i >= LOCK_TRIES_JOINING && hasNext(file))) {
        return lock;
      }
      Fiber.sleep(LOCK_PATIENCE);
    }
  }

  /** Whether there is a next slot to take, and this one has a worker and no mere onlooker. */
  private boolean hasNext(Path lockFile) {
    return options.joins() && InstanceLock.isHeld(lockFile);
  }

  private void run(int slot) {
    HandlerStarter starter = new HandlerStarter(handlers, inbox);
    Drainer drainer =
        new Drainer(
            queue,
            slot,
            options.isOnce(),
            this::openEngine,
            () -> config,
            inbox,
            stats,
            log,
            probe,
            starter,
            InstantSource.system(),
            KnownLimits.USUAL);
    try (Scope scope = Scope.openIsolated("queue-worker")) {
      if (options.takesSignals()) {
        WorkerSignals.start(scope, this, log);
      }
      tellOfStart(slot);
      startFibers(scope, slot);
      try {
        handle(starter, drainer, slot);
        Fiber.await(drainer.ended());
      } catch (CancelledException e) {
        handlers.close();
        inbox.wish(Inbox.Wish.STOP);
        awaitEnd(drainer);
        throw e;
      }
      log.info(
          "worker "
              + slot
              + " ends: "
              + stats.processed.get()
              + " done, "
              + stats.failed.get()
              + " failed");
      scope.cancel("the worker ends");
    } finally {
      handlers.close();
      beat(slot);
      delete(spool.pidFile(slot));
    }
  }

  private void tellOfStart(int slot) {
    write(spool.pidFile(slot), ProcessHandle.current().pid() + "\n");
    beat(slot); // who sees that it lives must find its process there
    log.info(
        "worker "
            + slot
            + " starts, database "
            + options.databaseFile(spool)
            + ", engine "
            + Loop.current().engineName());
  }

  /** Until the drainer has no more for handlers: then those that run are cancelled. */
  private void handle(HandlerStarter starter, Drainer drainer, int slot) {
    try (Scope scope = Scope.openIsolated("queue-handlers")) {
      handlers.open(scope);
      Thread.ofPlatform().name("gyre-queue-" + slot).start(drainer);
      Fiber.await(
          CompletableFuture.anyOf(starter.isStopping(), drainer.ended().handle((_, _) -> 0)));
      handlers.stop();
      scope.cancel("the worker ends");
    } finally {
      starter.hasStopped();
    }
  }

  /**
   * Whoever takes the lock takes over what is in {@code processing/}: so the lock stays until the
   * thread that executes has ended, whoever cancels the fiber.
   */
  private static void awaitEnd(Drainer drainer) {
    try {
      Cancellation.shield(LONGEST, () -> Fiber.await(drainer.ended()));
    } catch (Exception e) {
      // its failure is in the log, and the cancellation is what the caller is told
    }
  }

  private Engine openEngine() {
    SqliteEngine engine = SqliteEngine.open(options.databaseFile(spool), usesLedger, probe);
    engine.statementTimeout(config.sqlTimeout());
    return engine;
  }

  private void startFibers(Scope scope, int slot) {
    if (!options.isOnce()) {
      WorkerWatch watch = new WorkerWatch(spool, options, inbox, stats, log);
      scope.start("queue-watch", watch::run);
      scope.start("queue-delayed", watch::runDelayed);
      scope.start("queue-fifo", watch::runFifos);
    }
    scope.start("queue-heartbeat", () -> heartbeat(slot));
  }

  // ---- heartbeat

  /** On a thread of its own: those of the runtime may all be in handlers that hang. */
  private void heartbeat(int slot) {
    ExecutorService writer =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("gyre-queue-heartbeat-" + slot).daemon().factory());
    try {
      beatOften(slot, writer);
    } finally {
      writer.shutdown(); // not waited for: this fiber is on the loop
    }
  }

  /** Soon where something has changed, and as often as was promised where nothing does. */
  private void beatOften(int slot, Executor writer) {
    while (true) {
      long seen = stats.changes();
      long beganNanos = System.nanoTime();
      Fiber.await(CompletableFuture.runAsync(() -> beat(slot), writer));
      awaitChange(seen, options.readTimeout());
      long leftNanos = HEARTBEAT_SOONEST_NANOS - (System.nanoTime() - beganNanos);
      if (leftNanos > 0) {
        Fiber.sleep(Duration.ofNanos(leftNanos));
      }
    }
  }

  private void awaitChange(long seen, Duration longest) {
    Fiber<?> self = Fiber.current();
    long untilNanos = System.nanoTime() + longest.toNanos();
    Timer timer = Loop.current().after(longest, self::unpark);
    try {
      while (!stats.hasChanged(seen, self::unpark) && System.nanoTime() - untilNanos < 0) {
        Fiber.park();
      }
    } finally {
      timer.cancel();
    }
  }

  private void beat(int slot) {
    write(spool.heartbeat(slot), Heartbeat.json(stats, System.currentTimeMillis()) + "\n");
  }

  private void write(Path file, String content) {
    try {
      spool.replace(file, content);
    } catch (IOException e) {
      log.failure(QueueException.of("write", file, e).getMessage() + "");
    }
  }

  private void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.failure(QueueException.of("delete", file, e).getMessage() + "");
    }
  }
}
