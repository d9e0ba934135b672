package gyre.queue;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Works on the shards that nobody else works on, each as a queue of its own. Of several processes
 * each takes its part at first, by its turn; after a moment each takes whatever is free: so the
 * shards of one that ends are taken over by the others.
 */
final class ShardedWorker implements QueueWorker {
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration RETURN_LOOK = Duration.ofMillis(20);
  private static final Duration LONGEST = Duration.ofDays(365);

  /** For so many looks a process leaves the shards to others whose turn they are. */
  private static final int POLITE_LOOKS = 4;

  private final Shards shards;
  private final WorkerOptions options;
  private final Spool spool;
  private final WorkerLog log;
  private final Map<Integer, Worker> running = new ConcurrentHashMap<>();
  private final Map<Integer, String> troubles = new HashMap<>();
  private volatile Inbox.Wish wish = Inbox.Wish.WORK;
  private volatile int maxEntryBytes;

  ShardedWorker(Shards shards, WorkerOptions options) {
    this.shards = shards;
    this.options = options;
    this.spool = new Spool(shards.base());
    this.log = new WorkerLog(spool.base.resolve("worker.log"), options.output());
    if (options.hasDatabase()) {
      throw new QueueException(
          "start a worker on "
              + spool.base
              + ": each shard has a database of its own, so none can"
              + " be named");
    }
    maxEntryBytes = open(0).maxEntryBytes(); // tells what is wrong with the configuration
  }

  private Worker open(int shard) {
    Path usual = spool.base.resolve("queue.toml");
    WorkerOptions own =
        options.inDirectory(shards.directory(shard)).shard(shard, shards.count()).signals(false);
    if (options.configuration() == null && Files.exists(usual)) {
      own = own.configuration(usual);
    }
    return Worker.open(own.join(false));
  }

  @Override
  public void run() {
    Inbox inbox = new Inbox();
    ShardRouter router = new ShardRouter(shards, spool, inbox, log, () -> maxEntryBytes);
    if (options.isOnce()) {
      boolean goesOn = true;
      while (goesOn && wish == Inbox.Wish.WORK) {
        router.route();
        goesOn = once();
      }
      return;
    }
    try (Scope scope = Scope.openIsolated("queue-shards")) {
      if (options.takesSignals()) {
        WorkerSignals.start(scope, this, log);
      }
      scope.start("queue-router", () -> route(router, inbox));
      lookForWork(scope);
      awaitEnd();
      inbox.wish(Inbox.Wish.STOP);
      scope.cancel("the worker ends");
    } finally {
      inbox.wish(Inbox.Wish.STOP);
    }
  }

  /**
   * One shard after the other; whether to do so again: an entry may have enqueued others into one
   * that was before it.
   *
   * @throws QueueException what was wrong with the first that could not be worked on, after all
   *     others
   */
  private boolean once() {
    long ended = 0;
    List<Worker> workers = new ArrayList<>();
    QueueException first = null;
    for (int i = 0; i < shards.count() && wish == Inbox.Wish.WORK; i++) {
      try {
        Worker worker = open(i);
        running.put(i, worker);
        worker.run();
        ended += worker.stats().processed.get() + worker.stats().failed.get();
        workers.add(worker);
      } catch (QueueException e) {
        first = first == null ? e : first;
      } finally {
        running.remove(i);
      }
    }
    if (first != null) {
      throw first;
    }
    return ended > 0
        && new ShardedInspection(shards).counts().pending() > 0
        && haveReturned(workers);
  }

  /** False where calls hang for good: another look would make more of them. */
  private boolean haveReturned(List<Worker> workers) {
    while (wish == Inbox.Wish.WORK && anyOf(workers, each -> each.mayReturn(System.nanoTime()))) {
      Fiber.sleep(RETURN_LOOK);
    }
    return !anyOf(workers, each -> each.calls() > 0);
  }

  private static boolean anyOf(List<Worker> workers, Predicate<Hanging> isSo) {
    return workers.stream().flatMap(each -> each.hanging().stream()).anyMatch(isSo);
  }

  /** Whoever has the lock routes. */
  private void route(ShardRouter router, Inbox inbox) {
    Optional<InstanceLock> lock = tryTake();
    while (lock.isEmpty()) {
      Fiber.sleep(LOOK);
      lock = tryTake();
    }
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (InstanceLock _ = lock.get();
        Scope scope = Scope.openIsolated("queue-router")) {
      WorkerWatch watch = new WorkerWatch(spool, options, inbox, new WorkerStats(), log);
      scope.start("queue-watch", watch::run);
      scope.start("queue-delayed", watch::runDelayed);
      Thread.ofPlatform()
          .name("gyre-queue-router")
          .start(() -> {
            try {
              router.run();
            } finally {
              ended.complete(null);
            }
          });
      try {
        Fiber.await(ended);
      } catch (CancelledException e) {
        inbox.wish(Inbox.Wish.STOP);
        shielded(ended);
        throw e;
      } finally {
        scope.cancel("the worker ends");
      }
    }
  }

  /** What is wrong with the lock now may be well at the next look. */
  private Optional<InstanceLock> tryTake() {
    try {
      return InstanceLock.tryTake(spool.lockFile(0));
    } catch (QueueException e) {
      log.failure(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static void shielded(CompletableFuture<Void> ended) {
    try {
      Cancellation.shield(LONGEST, () -> Fiber.await(ended));
    } catch (Exception e) {
      // the cancellation is what the caller is told
    }
  }

  private void lookForWork(Scope scope) {
    int looks = 0;
    while (wish == Inbox.Wish.WORK) {
      for (int i = 0; i < shards.count(); i++) {
        boolean isOurTurn = looks >= POLITE_LOOKS || i % options.processes() == options.process();
        if (isOurTurn && !running.containsKey(i)) {
          startIfFree(scope, i);
        }
      }
      looks = Math.min(POLITE_LOOKS, looks + 1);
      Fiber.sleep(LOOK);
    }
  }

  /** What is wrong with one shard is logged, and stops no other; it is looked at again. */
  private void startIfFree(Scope scope, int shard) {
    try {
      if (isFree(shard)) {
        start(scope, shard);
      }
      troubles.remove(shard);
    } catch (QueueException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(troubles.put(shard, message))) {
        log.failure("shard " + shard + ": " + message); // once, and not at each look
      }
    }
  }

  private boolean isFree(int shard) {
    Path lock = new Spool(shards.directory(shard)).lockFile(0);
    return !InstanceLock.isHeld(lock);
  }

  private void start(Scope scope, int shard) {
    Worker worker = open(shard);
    running.put(shard, worker);
    scope.start(
        "queue-shard-" + shard,
        () -> {
          try {
            worker.run();
          } catch (QueueException e) {
            log.info("shard " + shard + ": " + e.getMessage()); // another process was quicker
          } finally {
            running.remove(shard);
          }
        });
  }

  private void awaitEnd() {
    while (!running.isEmpty()) {
      tell(); // one that was started meanwhile, too
      Fiber.sleep(Duration.ofMillis(20));
    }
  }

  private void tell() {
    for (Worker each : running.values()) {
      switch (wish) {
        case WORK -> {}
        case DRAIN -> each.drain();
        case STOP -> each.stop();
      }
    }
  }

  @Override
  public void drain() {
    wish = wish == Inbox.Wish.STOP ? wish : Inbox.Wish.DRAIN;
    tell();
  }

  @Override
  public void stop() {
    wish = Inbox.Wish.STOP;
    tell();
  }

  @Override
  public void reload() {
    running.values().forEach(Worker::reload);
    try {
      maxEntryBytes = open(0).maxEntryBytes();
    } catch (QueueException e) {
      log.warn("the configuration was not changed: " + e.getMessage());
    }
  }
}
