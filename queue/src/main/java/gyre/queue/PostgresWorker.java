package gyre.queue;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.insight.text.Plural;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Executes the entries of a queue in PostgreSQL, beside any number of others anywhere. Threads wait
 * for the database, each with a connection of its own; handlers run in fibers of the loop.
 */
final class PostgresWorker implements QueueWorker {
  private static final Duration LONGEST = Duration.ofDays(365);
  private static final long CANCEL_MILLIS = 100;

  private final PgDatabase database;
  private final WorkerOptions options;
  private final WorkerLog log;
  private final WorkerStats stats = new WorkerStats();
  private final HandlerFibers handlers = new HandlerFibers(this::handlerReturned);
  private final PgShared shared;
  private volatile QueueConfig config;

  /**
   * @param lease after how much silence others take over what it has
   */
  PostgresWorker(PgDatabase database, WorkerOptions options, Duration lease) {
    this.database = database;
    this.options = options;
    try {
      Files.createDirectories(options.directory());
    } catch (IOException e) {
      throw QueueException.of("make the directory of worker.log", options.directory(), e);
    }
    this.log = new WorkerLog(options.directory().resolve("worker.log"), options.output());
    this.config = ConfigReader.ofWorker(options, options.directory());
    PgTiming timing = new PgTiming(lease, options.readTimeout());
    this.shared =
        new PgShared(
            database, timing, () -> config, stats, log, options.threads(), options.isOnce());
  }

  WorkerStats stats() {
    return stats;
  }

  /** One that was given up: there is room for another. */
  private void handlerReturned() {
    shared.keeping.wakeOne();
  }

  @Override
  public void reload() {
    try {
      config = ConfigReader.ofWorker(options, options.directory());
      log.info("the configuration was read again");
    } catch (QueueException e) {
      log.warn("the configuration was not changed: " + e.getMessage());
    }
    shared.wakeAll();
  }

  @Override
  public void drain() {
    shared.wish(Inbox.Wish.DRAIN);
  }

  @Override
  public void stop() {
    shared.wish(Inbox.Wish.STOP);
  }

  @Override
  public void run() {
    checkDatabase();
    try (Scope scope = Scope.openIsolated("queue-worker")) {
      if (options.takesSignals()) {
        WorkerSignals.start(scope, this, log);
      }
      log.info(
          "a worker starts on "
              + database
              + ", "
              + Plural.of(options.threads(), "thread")
              + " for SQL");
      PgListener listening = new PgListener(shared);
      CompletableFuture<Void> listener = start("listener", listening);
      PgKeeper keeper = new PgKeeper(shared, handlers);
      try {
        work(keeper);
      } finally {
        // In this order: what handlers had is theirs until they have ended, and the worker lives
        // as long as it has something.
        blocking(keeper::giveBack);
        listening.end();
        await(listener);
        blocking(keeper::leave);
        scope.cancel("the worker ends");
      }
    }
    log.info(
        "the worker ends: " + stats.processed.get() + " done, " + stats.failed.get() + " failed");
  }

  /** Until all threads and all fibers of handlers have ended. */
  private void work(PgKeeper keeper) {
    try (Scope calls = Scope.openIsolated("queue-handlers")) {
      handlers.open(calls);
      try {
        await(startWorkers(keeper));
      } finally {
        handlers.close();
        calls.cancel("the worker ends");
      }
    }
  }

  /** On another thread than the loop's, also where the fiber is cancelled. */
  private static void blocking(Runnable body) {
    try {
      Cancellation.shield(
          LONGEST,
          () ->
              Fiber.offload(() -> {
                body.run();
                return true;
              }));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e); // the body throws none that is checked
    }
  }

  /** What is wrong at the start is told at once; later it is waited for. */
  private void checkDatabase() {
    try {
      Fiber.offload(() -> {
        try (PostgresBackend first = new PostgresBackend(database)) {
          return first.operations().isPaused();
        }
      });
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new QueueException("start a worker on " + database + ": " + e.getMessage(), e);
    }
  }

  private CompletableFuture<Void> startWorkers(PgKeeper keeper) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    List<PgExecutor> executors = new ArrayList<>();
    for (int i = 0; i < options.threads(); i++) {
      PgExecutor executor = new PgExecutor(shared, i);
      executors.add(executor);
      all.add(start("sql-" + i, executor));
    }
    all.add(start("keeper", keeper));
    CompletableFuture<Void> ended =
        CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    CompletableFuture<Void> ignored =
        shared.stopped.thenRun(() ->
            Thread.ofPlatform()
                .name("gyre-queue-stop")
                .daemon()
                .start(() -> cancel(executors, ended)));
    return ended;
  }

  /** More than once: what comes between two statements ends none. */
  private static void cancel(List<PgExecutor> executors, CompletableFuture<Void> ended) {
    try {
      while (!ended.isDone()) {
        executors.forEach(PgExecutor::cancel);
        Thread.sleep(CANCEL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whichever thread fails ends them all. */
  private CompletableFuture<Void> start(String name, Runnable body) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("gyre-queue-" + name)
        .start(() -> {
          try {
            body.run();
            ended.complete(null);
          } catch (Throwable e) {
            log.warn("the worker ends: " + e);
            ended.completeExceptionally(e);
            stop();
          }
        });
    return ended;
  }

  /** Also where the fiber is cancelled: the threads are not left alone. */
  private void await(CompletableFuture<Void> ended) {
    try {
      Fiber.await(ended);
    } catch (CancelledException e) {
      stop();
      try {
        Cancellation.shield(LONGEST, () -> Fiber.await(ended));
      } catch (Exception again) {
        // its failure is in the log, and the cancellation is what the caller is told
      }
      throw e;
    }
  }
}
