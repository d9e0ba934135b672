package gyre.queue;

import gyre.insight.text.Plural;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a worker that takes entries and executes those of SQL. It blocks: for files, for
 * the device, for the database. The loop, which waits for everything, only tells it what has come,
 * by its {@link Inbox}; entries that are no SQL go back to the loop, which executes them in fibers.
 *
 * <p>One round: take the mail, move what is due, take a batch of what waits, execute it in one
 * transaction, move the files. There is no waiting for a batch to fill.
 *
 * <p>It is long since it is one thread's whole way, which one has to see as a whole.
 */
final class Drainer implements Runnable, Replay.Executor {
  private static final long LOOK_AGAIN_MILLIS = 100;
  private static final long TROUBLE_FIRST_MILLIS = 50;
  private static final long TROUBLE_LONGEST_MILLIS = 5000;

  /**
   * Of many entries that can't begin now so many are looked at; then what has come meanwhile is.
   */
  private static final int LOOKS_LIMIT = 1024;

  /** What came of looking for entries. */
  private enum Progress {
    /** There is none that can begin now. */
    NOTHING,
    /** None of those that were looked at can, and there are others. */
    LOOKED,
    BEGAN
  }

  /** Commands have ended by then: they are killed where they don't listen. */
  private static final long LEAVE_LIMIT_SECONDS = 30;

  private final Queue queue;
  private final Spool spool;
  private final boolean isOnce;
  private final Supplier<Engine> engines;
  private final Supplier<QueueConfig> configs;
  private final Inbox inbox;
  private final WorkerStats stats;
  private final WorkerLog log;
  private final Probe probe;
  private final EntryStarter starter;
  private final InstantSource clock;
  private final Claims claims;
  private final HandlerDesk desk;
  private final PendingIndex pending;
  private final OnceEnd onceEnd;
  private final Turns turns;
  private final EntryTaker taker;
  private final Replay replay;
  private final Upkeep upkeep;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private QueueConfig config;
  private @Nullable Engine engine;
  private @Nullable Settler settler;
  private long troubleMillis = TROUBLE_FIRST_MILLIS;
  private boolean isRecovered;
  private int drainLeft;
  private long drainUntilNanos;
  private boolean isDraining;

  Drainer(
      Queue queue,
      int slot,
      boolean isOnce,
      Supplier<Engine> engines,
      Supplier<QueueConfig> configs,
      Inbox inbox,
      WorkerStats stats,
      WorkerLog log,
      Probe probe,
      EntryStarter starter,
      InstantSource clock,
      KnownLimits limits) {
    this.queue = queue;
    this.spool = queue.spool();
    this.isOnce = isOnce;
    this.engines = engines;
    this.configs = configs;
    this.inbox = inbox;
    this.stats = stats;
    this.log = log;
    this.probe = probe;
    this.starter = starter;
    this.clock = clock;
    this.claims = new Claims(spool, slot);
    this.desk = new HandlerDesk(spool, starter, log, limits.parkedPerLevel());
    this.pending = PendingIndex.of(spool, stats, log, clock, desk::isParked, limits.perLevel());
    this.onceEnd = new OnceEnd(stats, pending, desk);
    this.turns = new Turns(desk, pending);
    this.taker = new EntryTaker(spool, claims, pending, desk, log, probe, clock);
    this.replay = new Replay(spool, slot, claims, pending, log, this);
    this.upkeep = new Upkeep(queue, pending, replay, log, clock);
    this.config = configs.get();
  }

  /** Ends when the thread does; with its failure, if there is one. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void run() {
    try {
      drain();
      ended.complete(null); // with the database closed: whoever waits gives the lock back
    } catch (Throwable e) {
      log.warn("the worker ends: " + e);
      ended.completeExceptionally(e);
    }
  }

  private void drain() throws InterruptedException {
    try {
      inbox.rescan();
      while (!isOver()) {
        try {
          round();
          recovered();
        } catch (RuntimeException e) {
          trouble(e); // of the database; or of one entry or file, and the others go on
        }
      }
      leave();
    } finally {
      desk.close();
      upkeep.close();
      if (engine != null) {
        closeEngine(engine);
      }
    }
  }

  private void closeEngine(Engine open) {
    try {
      open.close();
    } catch (EngineTroubleException e) {
      log.warn(String.valueOf(e.getMessage()));
    }
  }

  // ---- one round

  private void round() throws InterruptedException {
    stats.iterations.incrementAndGet();
    useConfig();
    Settler settling = ready();
    takeMail(settling);
    upkeep.look(settling, engine(), config);
    pending.takeDue();
    if (desk.needsScan()) {
      pending.scan();
    }
    pending.scanIfNeeded();
    Progress progress = isPaused() ? Progress.NOTHING : batch(settling);
    publish();
    if (progress == Progress.BEGAN) {
      pending.somethingBegan();
      onceEnd.somethingBegan();
    } else if (progress == Progress.NOTHING) {
      pending.nothingBegan();
      switch (isOnce ? onceEnd.next() : OnceEnd.Next.WAIT) {
        case END -> inbox.wish(Inbox.Wish.STOP);
        case LOOK -> {}
        case WAIT -> inbox.await(waitMillis());
      }
    }
  }

  /** Opens the database if it is not, and replays what the last worker left. */
  private Settler ready() {
    Settler known = settler;
    if (known == null) {
      Engine opened = engines.get();
      engine = opened;
      known = new Settler(queue, opened, claims, stats, log, probe, clock);
      settler = known;
    }
    if (!isRecovered) {
      replay.recover(known);
      isRecovered = true;
    }
    return known;
  }

  private Engine engine() {
    Engine open = engine;
    if (open == null) {
      throw new IllegalStateException("the engine is used before it is open");
    }
    return open;
  }

  private void useConfig() {
    QueueConfig next = configs.get();
    if (next != config) {
      config = next;
      desk.useConfig(next);
    }
  }

  private void takeMail(Settler settling) {
    Inbox.Mail mail = inbox.take();
    desk.add(mail.finished());
    settleFinished(settling);
    for (Path each : mail.arrived()) {
      EntryName name = PendingScan.ofEvent(spool, each);
      if (name != null) {
        pending.offer(name);
      }
    }
    if (!mail.arrived().isEmpty() || mail.rescan()) {
      stats.wakeUps.incrementAndGet();
      stats.lastEventMillis = clock.millis();
    }
    if (mail.rescan()) {
      pending.scan();
    }
    mail.delayedPaths().forEach(pending::offerDelayed);
    if (mail.delayed()) {
      pending.scanDelayed();
    }
    stats.isPaused = Files.exists(spool.pauseFile(""));
    desk.look();
  }

  private void settleFinished(Settler settling) {
    for (Inbox.@Nullable Finished each = desk.peekFinished();
        each != null;
        each = desk.peekFinished()) {
      finish(settling, each);
      desk.removeFinished(); // not before: where the database is in trouble it is settled later
    }
  }

  private boolean isPaused() {
    return stats.isPaused || (isDraining && drainLeft <= 0);
  }

  // ---- taking and executing

  private Progress batch(Settler settling) {
    List<Claim> ofSql = new ArrayList<>();
    int most = isDraining ? Math.min(config.batch(), drainLeft) : config.batch();
    int taken = 0;
    int looks = 0;
    try {
      for (EntryName name = turns.next();
          name != null;
          name = taken < most && looks < LOOKS_LIMIT ? turns.next() : null) {
        looks++;
        Claim claim = taker.take(settling, name, turns.wasParked(), config);
        if (claim == null) {
          continue;
        }
        Kind kind = kind(claim);
        if (kind.isSql()) {
          desk.state(kind).begins();
          ofSql.add(claim);
          taken++;
        } else if (start(settling, claim, kind)) {
          taken++;
        }
      }
    } catch (EngineTroubleException e) {
      ofSql.forEach(taker::putBack);
      throw e;
    }
    drainLeft -= taken;
    if (!ofSql.isEmpty()) {
      execute(settling, ofSql);
    }
    if (taken > 0) {
      return Progress.BEGAN;
    }
    return looks < LOOKS_LIMIT ? Progress.NOTHING : Progress.LOOKED;
  }

  @Override
  public void execute(Settler settling, Claim claim) {
    execute(settling, List.of(claim));
  }

  private void execute(Settler settling, List<Claim> batch) {
    List<Outcome> outcomes;
    try {
      outcomes = engine().execute(batch);
    } catch (EngineTroubleException e) {
      batch.forEach(taker::putBack);
      throw e;
    }
    probe.at(Probe.Point.AFTER_COMMIT);
    stats.lastEventMillis = clock.millis();
    batch.subList(outcomes.size(), batch.size()).forEach(taker::putBack);
    for (int i = 0; i < outcomes.size(); i++) {
      settle(settling, batch.get(i), outcomes.get(i), kind(batch.get(i)).retry());
    }
  }

  private Kind kind(Claim claim) {
    return kind(claim.entry())
        .orElseThrow(() -> new IllegalStateException("claimed without a handler: " + claim));
  }

  @Override
  public Optional<Kind> kind(Entry entry) {
    return config.kind(entry.operation());
  }

  @Override
  public EntryReader reader() {
    return new EntryReader(config.maxEntryBytes());
  }

  // ---- by handlers

  /**
   * False if it is not its turn: then it has taken no place that another one may have, of those
   * that may begin now, in a second, or while the worker ends.
   */
  private boolean start(Settler settling, Claim claim, Kind kind) {
    String id = claim.entry().id();
    try {
      if (!desk.tryTakeId(id)) {
        // What becomes of the other one decides whether there is anything to do.
        if (taker.giveBack(claim.file(), claim.name())) {
          pending.twin(claim.name());
        }
        return false;
      }
    } catch (IOException e) {
      taker.giveBack(claim.file(), claim.name());
      taker.cannotMove(claim.name(), e);
      return false;
    }
    int attempts;
    try {
      if (engine().isDone(id)) {
        desk.freeId(id);
        settle(settling, claim, new Outcome.Duplicate(), kind.retry());
        return true;
      }
      attempts = engine().attempts(id);
    } catch (EngineTroubleException e) {
      desk.freeId(id);
      taker.putBack(claim);
      throw e;
    }
    desk.state(kind).begins();
    desk.start(claim, kind, attempts + 1);
    return true;
  }

  @Override
  public void handle(Settler settling, Claim claim, Kind kind) throws IOException {
    if (engine().isDone(claim.entry().id())) {
      settle(settling, claim, new Outcome.Duplicate(), kind.retry());
    } else {
      claims.putBack(claim.file(), claim.name());
      pending.offer(claim.name());
    }
  }

  private void finish(Settler settling, Inbox.Finished one) {
    stats.lastEventMillis = clock.millis();
    if (one.outcome() instanceof Outcome.Done) {
      engine().recordDone(List.of(one.claim()));
      probe.at(Probe.Point.AFTER_COMMIT);
    }
    settle(settling, one.claim(), one.outcome(), one.kind().retry());
  }

  /** The file stays where it is if it can't be moved: it is replayed, and the ledger knows it. */
  private void settle(Settler settling, Claim claim, Outcome outcome, RetryPolicy retry) {
    try {
      settling.settle(claim, outcome, retry);
    } catch (EngineTroubleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      claims.ended(claim.file());
      log.failure(QueueException.of("move", claim.file(), e).getMessage() + "");
      if (!spool.isThere()) {
        pending.remake();
      }
      isRecovered = false;
    }
  }

  // ---- trouble, the clock, the end

  private long waitMillis() {
    long now = PendingIndex.steadyMillis();
    long millis = Math.min(upkeep.nextMillis(), pending.nextMillis()) - now;
    if (!stats.isPaused) {
      millis = Math.min(millis, Math.min(desk.pauseMillis(), desk.stuckInMillis()));
    }
    if (isDraining) {
      millis = Math.min(millis, LOOK_AGAIN_MILLIS);
    }
    return Math.max(1, millis);
  }

  private void trouble(RuntimeException e) throws InterruptedException {
    boolean isOfDatabase = e instanceof EngineTroubleException;
    String message = isOfDatabase ? String.valueOf(e.getMessage()) : e.toString();
    if (stats.trouble.isEmpty()) {
      log.warn(
          "trouble "
              + (isOfDatabase ? "with the database" : "in a round")
              + ", entries wait: "
              + message);
    }
    stats.trouble = message;
    Engine open = engine;
    engine = null;
    settler = null;
    isRecovered = false;
    claims.retain(desk.files()); // the others are replayed
    if (open != null) {
      closeEngine(open);
    }
    publish();
    if (inbox.wish() != Inbox.Wish.WORK || isOnce) {
      throw e;
    }
    Thread.sleep(troubleMillis);
    troubleMillis = Math.min(TROUBLE_LONGEST_MILLIS, troubleMillis * 2);
    inbox.rescan();
  }

  /** After a round without trouble: that the database could be opened proves nothing. */
  private void recovered() {
    if (!stats.trouble.isEmpty()) {
      log.info("the database can be used again");
      stats.trouble = "";
      stats.changed();
      troubleMillis = TROUBLE_FIRST_MILLIS;
    }
  }

  private void publish() {
    stats.processing = claims.count();
    long waiting = pending.size();
    if (waiting >= 0) {
      stats.waiting = waiting + desk.parked();
    }
    stats.changed();
  }

  private boolean isOver() {
    return switch (inbox.wish()) {
      case WORK -> false;
      case STOP -> true;
      case DRAIN -> {
        if (!isDraining) {
          isDraining = true;
          drainLeft = config.drainEntries();
          drainUntilNanos = System.nanoTime() + config.drainTime().toNanos();
          log.info(
              "asked to end: at most "
                  + Plural.of(drainLeft, "more entry is begun", "more entries are begun"));
        }
        boolean isDone = (drainLeft <= 0 || pending.isExhausted()) && desk.isIdle();
        yield isDone || System.nanoTime() - drainUntilNanos > 0;
      }
    };
  }

  /**
   * Has handlers end, settles what they came to, and gives the rest back: that was begun is no
   * attempt where the worker itself has ended it.
   */
  private void leave() throws InterruptedException {
    if (desk.isIdle()) {
      return;
    }
    try {
      starter.stop().get(LEAVE_LIMIT_SECONDS, TimeUnit.SECONDS);
      desk.add(inbox.take().finished());
      settleFinished(ready());
      desk.claims().forEach(each -> taker.giveBack(each.file(), each.name()));
    } catch (ExecutionException | TimeoutException | EngineTroubleException e) {
      log.warn("what handlers have stays in processing/, and is replayed: " + e);
    }
  }
}
