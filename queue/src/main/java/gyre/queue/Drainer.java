package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one thread's round, whose steps share its claims, backlog and lists of what comes
// later. What is done to single entries is in Claims, Settler and Maintenance.
/**
 * The thread of a worker that takes entries and executes those of SQL. It blocks: for files, for
 * the device, for the database. The loop, which waits for everything, only tells it what has come,
 * by its {@link Inbox}; entries that are no SQL go back to the loop, which executes them in fibers.
 *
 * <p>One round: take the mail, move what is due, take a batch of what waits, execute it in one
 * transaction, move the files. There is no waiting for a batch to fill.
 */
final class Drainer implements Runnable {
  private static final long GROW_MILLIS = 2000;
  private static final long GROW_LOOK_MILLIS = 100;
  private static final long RETRY_MOVE_MILLIS = 1000;
  private static final long TICK_MILLIS = 5000;
  private static final long TROUBLE_FIRST_MILLIS = 50;
  private static final long TROUBLE_LONGEST_MILLIS = 5000;
  private static final int BACKLOG_PER_LEVEL = 32_768;

  /** Has the loop execute an entry, which answers by {@link Inbox#finished}. */
  @FunctionalInterface
  interface Starter {
    void start(Claim claim, Kind kind, int attempt);
  }

  private final Queue queue;
  private final Spool spool;
  private final int slot;
  private final boolean isOnce;
  private final Supplier<Engine> engines;
  private final Supplier<QueueConfig> configs;
  private final Inbox inbox;
  private final WorkerStats stats;
  private final WorkerLog log;
  private final Probe probe;
  private final Starter starter;
  private final Claims claims;
  private final Backlog backlog = new Backlog(BACKLOG_PER_LEVEL);
  private final Later later = new Later();
  private final Map<String, KindState> kinds = new HashMap<>();
  private final DelayedEntries delayed;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private QueueConfig config;
  private @Nullable Engine engine;
  private @Nullable Settler settler;
  private EntryReader reader;
  private long troubleMillis = TROUBLE_FIRST_MILLIS;
  private boolean isRecovered;

  /** Files of entries that handlers have, and of those that they have ended. */
  private final Set<Path> atHandlers = new HashSet<>();

  private final Set<String> idsAtHandlers = new HashSet<>();

  /** What handlers have ended and is not settled yet. */
  private final ArrayDeque<Inbox.Finished> finished = new ArrayDeque<>();

  private int drainLeft;
  private long drainUntilNanos;
  private boolean isDraining;
  private long nextTickMillis = steadyMillis();

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
      Starter starter) {
    this.queue = queue;
    this.spool = queue.spool();
    this.slot = slot;
    this.isOnce = isOnce;
    this.engines = engines;
    this.configs = configs;
    this.inbox = inbox;
    this.stats = stats;
    this.log = log;
    this.probe = probe;
    this.starter = starter;
    this.claims = new Claims(spool, slot);
    this.delayed = new DelayedEntries(spool);
    this.config = configs.get();
    this.reader = new EntryReader(config.maxEntryBytes());
  }

  /** Ends when the thread does; with its failure, if there is one. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void run() {
    try {
      inbox.rescan();
      while (!isOver()) {
        try {
          round();
          recovered();
        } catch (EngineTroubleException e) {
          trouble(e);
        }
      }
      ended.complete(null);
    } catch (Throwable e) {
      log.warn("the worker ends: " + e);
      ended.completeExceptionally(e);
    } finally {
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
    long now = steadyMillis();
    takeMail(settling);
    if (now - nextTickMillis >= 0) {
      nextTickMillis = now + TICK_MILLIS;
      tick(settling);
    }
    moveDue(System.currentTimeMillis());
    for (EntryName name = later.poll(now); name != null; name = later.poll(now)) {
      backlog.offer(name);
    }
    if (backlog.needsScan()) {
      scan();
    }
    boolean didSomething = isPaused() ? false : batch(settling);
    publish();
    if (!didSomething) {
      if (isOnce && atHandlers.isEmpty() && (stats.isPaused || isIdle()) && !hasMore()) {
        inbox.wish(Inbox.Wish.STOP);
        return;
      }
      inbox.await(waitMillis(steadyMillis()));
    }
  }

  /** Opens the database if it is not, and replays what the last worker left. */
  private Settler ready() {
    Settler known = settler;
    if (known == null) {
      Engine opened = engines.get();
      engine = opened;
      known = new Settler(queue, opened, claims, stats, log, probe);
      settler = known;
    }
    if (!isRecovered) {
      recover(known);
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
      reader = new EntryReader(next.maxEntryBytes());
      kinds.forEach((operation, state) -> next.kind(operation).ifPresent(state::change));
    }
  }

  private void takeMail(Settler settling) {
    Inbox.Mail mail = inbox.take();
    finished.addAll(mail.finished());
    for (Inbox.Finished each = finished.peek(); each != null; each = finished.peek()) {
      finish(settling, each);
      finished.remove(); // not before: where the database is in trouble it is settled later
      atHandlers.remove(each.claim().file());
      idsAtHandlers.remove(each.claim().entry().id());
      state(each.kind()).running--;
    }
    for (Path each : mail.arrived()) {
      EntryName name = PendingScan.ofEvent(spool, each);
      if (name != null) {
        offer(name);
      }
    }
    if (!mail.arrived().isEmpty() || mail.rescan()) {
      stats.wakeUps.incrementAndGet();
      stats.lastEventMillis = System.currentTimeMillis();
    }
    if (mail.rescan()) {
      scan();
    }
    if (mail.delayed()) {
      scanDelayed();
    }
    readPauses();
  }

  private void offer(EntryName name) {
    if (later.contains(name)) {
      return;
    }
    for (KindState each : kinds.values()) {
      if (each.parked.contains(name)) {
        return;
      }
    }
    backlog.offer(name);
  }

  private void scan() {
    backlog.clear();
    try {
      stats.waiting = PendingScan.scan(spool, this::offer);
    } catch (NoSuchFileException e) {
      remake();
    } catch (IOException e) {
      log.failure(QueueException.of("look into", spool.pending, e).getMessage() + "");
    }
  }

  private void remake() {
    try {
      spool.create();
      log.warn("directories of the queue were missing, and were made again");
    } catch (IOException e) {
      log.failure(QueueException.of("make", spool.base, e).getMessage() + "");
    }
  }

  private boolean isPaused() {
    return stats.isPaused || (isDraining && drainLeft <= 0);
  }

  private void readPauses() {
    stats.isPaused = Files.exists(spool.pauseFile(""));
    kinds.forEach((operation, state) -> state.isPaused = Files.exists(spool.pauseFile(operation)));
  }

  // ---- taking and executing

  /** False if there was nothing that could be done now. */
  private boolean batch(Settler settling) {
    List<Claim> ofSql = new ArrayList<>();
    int most = isDraining ? Math.min(config.batch(), drainLeft) : config.batch();
    int taken = 0;
    try {
      for (EntryName name = next(); name != null; name = taken < most ? next() : null) {
        Claim claim = take(settling, name);
        if (claim == null) {
          continue;
        }
        taken++;
        Kind kind = kind(claim);
        if (kind.isSql()) {
          ofSql.add(claim);
        } else {
          start(settling, claim, kind);
        }
      }
    } catch (EngineTroubleException e) {
      ofSql.forEach(this::putBack);
      throw e;
    }
    drainLeft -= taken;
    if (!ofSql.isEmpty()) {
      execute(settling, ofSql);
    }
    return taken > 0;
  }

  private void execute(Settler settling, List<Claim> batch) {
    List<Outcome> outcomes;
    try {
      outcomes = engine().execute(batch);
    } catch (EngineTroubleException e) {
      batch.forEach(this::putBack);
      throw e;
    }
    probe.at(Probe.Point.AFTER_COMMIT);
    stats.lastEventMillis = System.currentTimeMillis();
    batch.subList(outcomes.size(), batch.size()).forEach(this::putBack);
    for (int i = 0; i < outcomes.size(); i++) {
      settle(settling, batch.get(i), outcomes.get(i), kind(batch.get(i)).retry());
    }
  }

  private Kind kind(Claim claim) {
    return config
        .kind(claim.entry().operation())
        .orElseThrow(() -> new IllegalStateException("claimed without a handler: " + claim));
  }

  private KindState state(Kind kind) {
    return kinds.computeIfAbsent(
        kind.operation(),
        operation -> {
          KindState state = new KindState(kind);
          state.isPaused = Files.exists(spool.pauseFile(operation));
          return state;
        });
  }

  /** What waits for the limit of its kind has been chosen before: it goes first. */
  private @Nullable EntryName next() {
    for (KindState each : kinds.values()) {
      EntryName name = each.pollParked();
      if (name != null) {
        return name;
      }
    }
    return backlog.poll();
  }

  /** Null if it is not to be executed now, for whatever reason: that is dealt with here. */
  private @Nullable Claim take(Settler settling, EntryName name) {
    Path file;
    try {
      Claims.Taken taken = claims.take(name);
      if (taken.file() == null) {
        if (taken.miss() == Claims.Miss.SAME_NAME) {
          later.add(name, steadyMillis() + GROW_LOOK_MILLIS);
        }
        return null;
      }
      file = taken.file();
    } catch (IOException e) {
      cannotMove(name, e);
      return null;
    }
    probe.at(Probe.Point.CLAIMED);
    try {
      return checked(settling, file, name);
    } catch (IOException e) {
      giveBack(file, name);
      cannotMove(name, e);
      return null;
    }
  }

  private void cannotMove(EntryName name, IOException e) {
    log.failure(QueueException.of("take", name.path(), e).getMessage() + "");
    if (!spool.isThere()) {
      remake();
    }
    later.add(name, steadyMillis() + RETRY_MOVE_MILLIS);
  }

  private @Nullable Claim checked(Settler settling, Path file, EntryName name) throws IOException {
    Entry entry;
    try {
      entry = reader.read(file);
    } catch (BadEntryException e) {
      if (e.mayBeGrowing() && isYoung(file)) {
        claims.putBack(file, name);
        later.add(name, steadyMillis() + GROW_LOOK_MILLIS);
      } else {
        settling.failUnread(file, name, String.valueOf(e.getMessage()));
      }
      return null;
    } catch (java.nio.file.AccessDeniedException e) {
      settling.failUnread(file, name, "it can't be read: " + QueueException.reason(e));
      return null;
    }
    Kind kind = config.kind(entry.operation()).orElse(null);
    if (kind == null) {
      settling.failUnhandled(
          file,
          name,
          entry,
          "no handler for the operation \""
              + entry.operation()
              + "\": add [handlers."
              + entry.operation()
              + "] to the configuration");
      return null;
    }
    KindState state = state(kind);
    if (!state.tryBegin()) {
      claims.putBack(file, name);
      if (!state.parked.offer(name)) {
        later.add(name, steadyMillis() + RETRY_MOVE_MILLIS);
      }
      return null;
    }
    return new Claim(name, file, entry, false);
  }

  /** A file that was written a moment ago and ends in the middle may be written still. */
  private static boolean isYoung(Path file) throws IOException {
    long age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
    return Math.abs(age) < GROW_MILLIS;
  }

  private void putBack(Claim claim) {
    if (giveBack(claim.file(), claim.name())) {
      backlog.offer(claim.name());
    }
  }

  /** What can't be given back is no longer held, so that the next look at orphans finds it. */
  private boolean giveBack(Path file, EntryName name) {
    try {
      claims.putBack(file, name);
      return true;
    } catch (IOException e) {
      log.failure(QueueException.of("put back", file, e).getMessage() + "");
      return false;
    } finally {
      claims.ended(file);
    }
  }

  // ---- by handlers

  private void start(Settler settling, Claim claim, Kind kind) {
    int attempts;
    if (idsAtHandlers.contains(claim.entry().id())) {
      // What becomes of that one decides whether there is anything to do.
      if (giveBack(claim.file(), claim.name())) {
        later.add(claim.name(), steadyMillis() + GROW_LOOK_MILLIS);
      }
      return;
    }
    try {
      if (engine().isDone(claim.entry().id())) {
        settle(settling, claim, new Outcome.Duplicate(), kind.retry());
        return;
      }
      attempts = engine().attempts(claim.entry().id());
    } catch (EngineTroubleException e) {
      putBack(claim);
      throw e;
    }
    state(kind).running++;
    atHandlers.add(claim.file());
    idsAtHandlers.add(claim.entry().id());
    starter.start(claim, kind, attempts + 1);
  }

  private void finish(Settler settling, Inbox.Finished one) {
    stats.lastEventMillis = System.currentTimeMillis();
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
    } catch (IOException e) {
      claims.ended(claim.file());
      log.failure(QueueException.of("move", claim.file(), e).getMessage() + "");
      if (!spool.isThere()) {
        remake();
      }
      isRecovered = false;
    }
  }

  // ---- later

  private void scanDelayed() {
    try {
      delayed.scan();
    } catch (NoSuchFileException e) {
      remake();
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      log.failure(QueueException.of("look into", spool.delayed, e).getMessage() + "");
    }
  }

  private void moveDue(long now) {
    for (Delayed first = delayed.pollDue(now); first != null; first = delayed.pollDue(now)) {
      try {
        Path target = Spool.moveBeside(first.path(), spool.pending, first.name());
        EntryName due = EntryName.of(target);
        stats.latency.becameDue(due.text(), first.dueMillis());
        offer(due);
      } catch (NoSuchFileException e) {
        // another worker was quicker
      } catch (IOException e) {
        log.failure(QueueException.of("move", first.path(), e).getMessage() + "");
      }
    }
    if (delayed.needsScan()) {
      scanDelayed();
    }
  }

  /** For pauses: a clock that nobody sets. What is due by date goes by the other one. */
  private static long steadyMillis() {
    return System.nanoTime() / 1_000_000;
  }

  private long waitMillis(long now) {
    long until = Math.min(nextTickMillis, later.nextMillis());
    if (delayed.nextMillis() != Long.MAX_VALUE) {
      until = Math.min(until, now + delayed.nextMillis() - System.currentTimeMillis());
    }
    for (KindState each : kinds.values()) {
      long pause = each.pauseMillis();
      if (pause != KindState.NOT_BY_TIME && !stats.isPaused) {
        until = Math.min(until, now + pause);
      }
    }
    if (isDraining) {
      until = Math.min(until, now + GROW_LOOK_MILLIS);
    }
    return Math.max(1, until - now);
  }

  // ---- replay

  /** What is in {@code processing/} and belongs to nobody who lives. */
  private void recover(Settler settling) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.processing)) {
      for (Path file : files) {
        try {
          recover(settling, file);
        } catch (IOException | QueueException e) {
          log.failure(QueueException.of("take over", file, e).getMessage() + "");
        }
      }
    } catch (NoSuchFileException e) {
      remake();
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      log.failure(QueueException.of("look into", spool.processing, e).getMessage() + "");
    }
  }

  private void recover(Settler settling, Path file) throws IOException {
    String marked = String.valueOf(file.getFileName());
    if (claims.isHeld(file)) {
      return;
    }
    Path own = claims.own(marked);
    if (!own.equals(file) && !takeOver(file, own, Claims.slotOf(marked))) {
      return;
    }
    claims.holds(own);
    EntryName found = EntryName.of(own.resolveSibling(Claims.nameOf(marked)));
    EntryName name =
        new EntryName(
            spool.pending.resolve(found.text()), found.text(), found.priority(), found.sequence());
    try {
      replay(settling, own, name);
    } catch (IOException | QueueException e) {
      claims.ended(own); // the next look finds it
      throw e;
    }
  }

  /**
   * Gives it the name by which it is ours, under the lock of the worker that had it: so that one
   * neither lives nor starts meanwhile. False if there is nothing to replay now.
   */
  private boolean takeOver(Path file, Path own, int owner) throws IOException {
    if (owner < 0 || owner == slot) {
      return rename(file, own);
    }
    Optional<InstanceLock> lock = InstanceLock.tryTake(spool.lockFile(owner));
    if (lock.isEmpty()) {
      return false; // it lives
    }
    try (InstanceLock _ = lock.get()) {
      return rename(file, own);
    }
  }

  private boolean rename(Path file, Path own) throws IOException {
    try {
      if (claims.isHeld(own) || Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
        String name = Claims.nameOf(String.valueOf(file.getFileName()));
        offer(EntryName.of(Spool.moveBeside(file, spool.pending, name)));
        return false; // another one of that name is ours: this one waits for its turn
      }
      Spool.move(file, own);
      return true;
    } catch (NoSuchFileException e) {
      return false; // another worker takes it over
    }
  }

  private void replay(Settler settling, Path file, EntryName name) throws IOException {
    Claim claim;
    Kind kind;
    try {
      Entry entry = reader.read(file);
      kind = config.kind(entry.operation()).orElse(null);
      if (kind == null) {
        claims.putBack(file, name); // it is refused when it is taken again
        offer(name);
        return;
      }
      claim = new Claim(name, file, entry, true);
    } catch (BadEntryException e) {
      settling.failUnread(file, name, String.valueOf(e.getMessage()));
      return;
    }
    if (!settling.mayReplay(claim, kind.retry())) {
      return;
    }
    if (kind.isSql()) {
      execute(settling, List.of(claim));
    } else if (engine().isDone(claim.entry().id())) {
      settle(settling, claim, new Outcome.Duplicate(), kind.retry());
    } else {
      claims.putBack(file, name);
      offer(name);
    }
  }

  // ---- trouble, the clock, the end

  private void trouble(EngineTroubleException e) throws InterruptedException {
    if (stats.trouble.isEmpty()) {
      log.warn("trouble with the database, entries wait: " + e.getMessage());
    }
    stats.trouble = String.valueOf(e.getMessage());
    Engine open = engine;
    engine = null;
    settler = null;
    isRecovered = false;
    claims.retain(atHandlers); // the others are replayed
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
      troubleMillis = TROUBLE_FIRST_MILLIS;
    }
  }

  /** What is looked at from time to time, in case that nobody told of it. */
  private void tick(Settler settling) {
    if (backlog.isEmpty()) {
      scan();
    }
    scanDelayed();
    recover(settling);
    Maintenance.batches(spool, settling, log);
    Maintenance.recurring(queue, config, Instant.now(), log);
    Maintenance.cleanup(spool, engine(), config, Instant.now(), log);
  }

  private void publish() {
    stats.processing = claims.count();
    long parked = 0;
    for (KindState each : kinds.values()) {
      parked += each.parked.size();
    }
    if (!backlog.mayHaveMore()) {
      stats.waiting = backlog.size() + parked;
    }
  }

  /** Where nobody watches: entries may have been enqueued by those that were executed. */
  private boolean hasMore() {
    if (!stats.isPaused) {
      scan();
    }
    return !stats.isPaused && !backlog.isEmpty();
  }

  private boolean isIdle() {
    boolean nothingParked =
        kinds.values().stream().allMatch(each -> each.parked.isEmpty() || each.isPaused);
    return backlog.isEmpty() && !backlog.mayHaveMore() && later.isEmpty() && nothingParked;
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
          log.info("asked to end: at most " + drainLeft + " more entries are begun");
        }
        boolean isDone =
            (drainLeft <= 0 || (backlog.isEmpty() && !backlog.mayHaveMore()))
                && atHandlers.isEmpty();
        yield isDone || System.nanoTime() - drainUntilNanos > 0;
      }
    };
  }
}
