package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

// Over 500 lines: one rig for all faults of one thread.

/** Faults that come between two steps of the thread that executes: without a loop. */
@Timeout(180)
class DrainerFaultTest {
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
  private static final String INSERT = "{\"sql\": \"INSERT INTO t VALUES (%d)\"}";

  @TempDir Path directory;
  private WorkerRig rig;
  private final Inbox inbox = new Inbox();
  private final WorkerStats stats = new WorkerStats();
  private final BlockingQueue<Inbox.Finished> started = new LinkedBlockingQueue<>();
  private Probe probe = Probe.NONE;

  /** The name of a method of the engine, and how often it still fails. */
  private volatile String troubleIn = "";

  /** By how much the clock was set. */
  private volatile long clockAheadMillis;

  private final AtomicInteger troubles = new AtomicInteger();
  private final List<CompletableFuture<Void>> ended = new ArrayList<>();

  /** Whether handlers end as soon as they are begun. */
  private volatile boolean endsAtOnce;

  private int concurrency = 4;
  private int batch = QueueConfig.DEFAULT.batch();
  private KnownLimits limits = KnownLimits.USUAL;
  private boolean isOnce;
  private volatile Hanging hanging = Hanging.NONE;
  private int rate;
  private int drainEntries = QueueConfig.DEFAULT.drainEntries();

  @BeforeEach
  void open() {
    rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER)");
  }

  @AfterEach
  void stop() {
    inbox.wish(Inbox.Wish.STOP);
    ended.forEach(CompletableFuture::join); // it may have files in the directory that goes
  }

  private Engine engine() {
    Engine real = SqliteEngine.open(rig.options.databaseFile(rig.spool));
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(troubleIn) && troubles.getAndDecrement() > 0) {
                throw new EngineTroubleException("as the test wants", new IOException());
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }

  /** Begins nothing: the test says what ends, and when. */
  private final class Starter implements EntryStarter {
    @Override
    public void start(Claim claim, Kind kind, int attempt) {
      Inbox.Finished end = new Inbox.Finished(claim, kind, new Outcome.Done(null));
      started.add(end);
      if (endsAtOnce) {
        inbox.finished(end);
      }
    }

    @Override
    public Hanging hanging(String operation) {
      return hanging;
    }
  }

  private void start() {
    QueueHandler handler =
        new QueueHandler() {
          @Override
          public String operation() {
            return "h";
          }

          @Override
          public Object handle(QueueTask task) {
            return "";
          }
        };
    QueueConfig usual = QueueConfig.DEFAULT;
    RetryPolicy once = new RetryPolicy(0, Duration.ZERO, Duration.ZERO);
    Kind kind =
        new Kind("h", new Kind.Java(handler), concurrency, rate, Duration.ofMinutes(1), once);
    QueueConfig config =
        new QueueConfig(
            batch,
            drainEntries,
            usual.drainTime(),
            usual.maxEntryBytes(),
            usual.sqlTimeout(),
            new RetryPolicy(1, Duration.ZERO, Duration.ZERO),
            usual.cleanupAfter(),
            usual.ledgerKept(),
            Map.of("h", kind),
            List.of(new QueueConfig.Recurring("daily", daily(), Job.sql("SELECT 1"))));
    Drainer drainer =
        new Drainer(
            rig.queue,
            0,
            isOnce,
            this::engine,
            () -> config,
            inbox,
            stats,
            new WorkerLog(directory.resolve("worker.log"), null),
            probe,
            new Starter(),
            () -> Instant.now().plusMillis(clockAheadMillis),
            limits);
    ended.add(drainer.ended());
    Thread.ofPlatform().name("test-drainer").start(drainer);
  }

  @Test
  void shouldSettleAllThatEndedWhileTheDatabaseWasInTrouble() throws Exception {
    for (int i = 0; i < 3; i++) {
      rig.drop("5_" + i, "{\"operation\": \"h\"}");
    }
    start();
    List<Inbox.Finished> ended = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ended.add(Objects.requireNonNull(started.poll(60, TimeUnit.SECONDS)));
    }
    troubles.set(2);
    troubleIn = "recordDone";
    ended.forEach(inbox::finished);
    for (int i = 0; i < 3; i++) {
      rig.awaitCompleted("5_" + i);
    }
    assertThat(started).isEmpty(); // none was begun a second time
  }

  @Test
  void shouldCountAnEntryAsDoneOnceAllOfItIsTold() {
    CompletableFuture<Long> countedAtMove = new CompletableFuture<>();
    probe =
        point -> {
          if (point == Probe.Point.COMPLETED) {
            countedAtMove.complete(stats.processed.get());
          }
        };
    rig.queue.enqueue(Job.sql("SELECT 1"));
    start();
    WorkerRig.await("it is counted", () -> stats.processed.get() == 1);
    assertThat(stats.latency.counts().stream().mapToLong(each -> each).sum()).isEqualTo(1);
    assertThat(countedAtMove).isCompletedWithValue(0L);
  }

  @Test
  void shouldForgetClaimsThatTroubleHasLeftBehind() {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    probe =
        point -> {
          if (point == Probe.Point.AFTER_COMMIT && isFirst.getAndSet(false)) {
            throw new EngineTroubleException("as the test wants", new IOException());
          }
        };
    rig.drop("5_1", INSERT.formatted(1));
    start();
    rig.awaitCompleted("5_1");
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
  }

  @Test
  void shouldExecuteAnEntryThatCouldNotBeReadOnceItIsClaimed() {
    Path claimed = rig.spool.processing.resolve("5_1@w0");
    Path aside = directory.resolve("aside");
    AtomicBoolean isFirst = new AtomicBoolean(true);
    probe =
        point -> {
          if (point == Probe.Point.CLAIMED && Files.exists(claimed) && isFirst.getAndSet(false)) {
            move(claimed, aside);
          }
        };
    rig.drop("5_1", INSERT.formatted(1));
    start();
    WorkerRig.await("it is taken", () -> Files.exists(aside));
    rig.drop("5_2", INSERT.formatted(2));
    inbox.rescan();
    rig.awaitCompleted("5_2"); // the error with the first is dealt with
    move(aside, rig.spool.pending.resolve("5_1"));
    rig.awaitCompleted("5_1");
  }

  @Test
  void shouldGoOnThoughARoundFailsInAWayThatNobodyKnows() {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    probe =
        point -> {
          if (point == Probe.Point.AFTER_COMMIT && isFirst.getAndSet(false)) {
            throw new IllegalStateException("as the test wants");
          }
        };
    rig.drop("5_1", INSERT.formatted(1));
    start();
    rig.awaitCompleted("5_1");
    rig.drop("5_2", INSERT.formatted(2));
    inbox.rescan();
    rig.awaitCompleted("5_2");
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1", "2");
    assertThat(log()).contains("trouble in a round").contains("as the test wants");
  }

  @Test
  void shouldExecuteWhatWasTakenBesideOneThatCannotBeTaken() {
    AtomicInteger claims = new AtomicInteger();
    probe =
        point -> {
          if (point == Probe.Point.CLAIMED && claims.incrementAndGet() == 2) {
            throw new IllegalStateException("as the test wants");
          }
        };
    for (int i = 1; i <= 3; i++) {
      rig.drop("5_" + i, INSERT.formatted(i));
    }
    start();
    for (int i = 1; i <= 3; i++) {
      rig.awaitCompleted("5_" + i);
    }
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1", "3", "2");
    assertThat(log()).contains("as the test wants").doesNotContain("trouble");
  }

  // ---- entries of an id that is with a handler

  /** The first waits for another one of its id, which some worker has; the second is free. */
  private void startWithATwinBeforeAnotherOne() throws Exception {
    rig.drop("1_1", "{\"operation\": \"h\", \"id\": \"same\"}");
    rig.drop("9_2", "{\"operation\": \"h\", \"id\": \"other\"}");
    try (IdLocks others = IdLocks.open(rig.spool)) {
      assertThat(others.tryTake("same")).isTrue();
      start();
      Inbox.Finished first = Objects.requireNonNull(started.poll(60, TimeUnit.SECONDS));
      assertThat(first.claim().entry().id()).isEqualTo("other");
      inbox.finished(first);
      rig.awaitCompleted("9_2");
    }
  }

  @Test
  void shouldLeaveThePlacesOfARateToThoseThatMayBegin() throws Exception {
    rate = 1;
    startWithATwinBeforeAnotherOne();
    Inbox.Finished second = Objects.requireNonNull(started.poll(60, TimeUnit.SECONDS));
    assertThat(second.claim().entry().id()).isEqualTo("same"); // that id is free now
  }

  @Test
  void shouldLeaveThePlacesOfADrainToThoseThatMayBegin() throws Exception {
    drainEntries = 1;
    Path paused = Files.createFile(rig.spool.pauseFile(""));
    CompletableFuture<Void> drained =
        PgRig.aside(() -> {
          WorkerRig.await("both are known", () -> stats.waiting == 2);
          inbox.wish(Inbox.Wish.DRAIN);
          Files.delete(paused);
          inbox.wakeUp();
          return 0;
        });
    startWithATwinBeforeAnotherOne();
    drained.join();
  }

  @Test
  void shouldNotHoldUpOthersForAKindOfWhichOneMayAlwaysBegin() throws Exception {
    batch = 1;
    concurrency = 1;
    int count = 30;
    for (int i = 0; i < count; i++) {
      rig.drop("5_" + i, "{\"operation\": \"h\"}");
    }
    CompletableFuture<Integer> begunBefore = new CompletableFuture<>();
    probe =
        point -> {
          if (point == Probe.Point.AFTER_COMMIT && Files.exists(sqlClaimed())) {
            begunBefore.complete(started.size());
          }
        };
    start();
    Inbox.Finished first = Objects.requireNonNull(started.poll(60, TimeUnit.SECONDS));
    WorkerRig.await("the others wait", () -> stats.waiting == count - 1);
    Path paused = Files.createFile(rig.spool.pauseFile(""));
    inbox.wakeUp();
    WorkerRig.await("it is paused", () -> stats.isPaused);
    rig.drop("1_0", INSERT.formatted(1));
    endsAtOnce = true;
    inbox.rescan();
    inbox.finished(first);
    Files.delete(paused);
    inbox.wakeUp();
    assertThat(begunBefore.get(60, TimeUnit.SECONDS)).isLessThanOrEqualTo(1);
    for (int i = 0; i < count; i++) {
      rig.awaitCompleted("5_" + i);
    }
    assertThat(started.stream().map(each -> each.claim().name().text()).toList())
        .isSortedAccordingTo(
            Comparator.comparingInt(each -> Integer.parseInt(each.substring(2)))); // in order
  }

  private Path sqlClaimed() {
    return rig.spool.processing.resolve("1_0@w0");
  }

  @Test
  void shouldLookAtWhatHasComeBehindManyThatMayNotBegin() throws Exception {
    for (int i = 0; i < 1500; i++) {
      rig.drop("1_" + i, "{\"operation\": \"h\", \"id\": \"same\"}");
    }
    try (IdLocks others = IdLocks.open(rig.spool)) {
      assertThat(others.tryTake("same")).isTrue();
      start();
      rig.drop("9_0", INSERT.formatted(1));
      inbox.rescan();
      rig.awaitCompleted("9_0");
      assertThat(started).isEmpty();
    }
  }

  // ---- handlers that hang, where it works once

  /** All but the first of these wait for the call of the first, which hangs after its timeout. */
  private void startBehindACallThatHangs(int entries, Hanging since) throws Exception {
    isOnce = true;
    concurrency = 1;
    for (int i = 0; i < entries; i++) {
      rig.drop("5_" + i, "{\"operation\": \"h\"}");
    }
    start();
    Inbox.Finished first = Objects.requireNonNull(started.poll(60, TimeUnit.SECONDS));
    hanging = since;
    inbox.finished(first);
    rig.awaitCompleted("5_0");
  }

  @Test
  void shouldNotEndBeforeACallThatWasInterruptedHadTimeToReturn() throws Exception {
    Hanging now = new Hanging(1, System.nanoTime() + HOUR_NANOS);
    startBehindACallThatHangs(2, now);
    long rounds = stats.iterations.get();
    inbox.wakeUp();
    WorkerRig.await(
        "it decides", () -> stats.iterations.get() > rounds || ended.getFirst().isDone());
    assertThat(ended.getFirst()).isNotDone();
    hanging = Hanging.NONE;
    endsAtOnce = true;
    inbox.wakeUp();
    rig.awaitCompleted("5_1");
    ended.getFirst().get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldEndThoughMoreWaitsForACallThatHangsThanIsKept() throws Exception {
    limits = new KnownLimits(1000, 4);
    rig.drop("9_0", INSERT.formatted(1));
    startBehindACallThatHangs(20, new Hanging(1, System.nanoTime() - HOUR_NANOS));
    ended.getFirst().get(60, TimeUnit.SECONDS);
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
    assertThat(WorkerRig.names(rig.spool.pending)).hasSize(19);
  }

  // ---- a backlog

  /**
   * Objects of that class that are reachable, in this JVM. Whatever is kept of an entry that waits
   * has its name.
   */
  private static long instances(Class<?> type) throws Exception {
    String table =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    return table
        .lines()
        .map(String::strip)
        .filter(each -> each.contains(" " + type.getName() + " "))
        .mapToLong(each -> Long.parseLong(each.split("\\s+", -1)[1]))
        .sum();
  }

  /** How many names are kept when more than are known at a time were executed. */
  private long namesKeptOf(int entries) throws Exception {
    for (int i = 0; i < entries; i++) {
      Files.writeString(rig.spool.pending.resolve("5_" + i), INSERT.formatted(i));
    }
    CompletableFuture<Long> kept = new CompletableFuture<>();
    AtomicInteger batches = new AtomicInteger();
    probe =
        point -> {
          if (point == Probe.Point.AFTER_COMMIT && batches.incrementAndGet() == 13) {
            try {
              kept.complete(instances(EntryName.class));
            } catch (Exception e) {
              kept.completeExceptionally(e);
            }
          }
        };
    start();
    return kept.get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldKeepNoMoreInMemoryOfABacklogThanItKnowsAtATime() throws Exception {
    int knownPerLevel = 100;
    limits = new KnownLimits(knownPerLevel, KnownLimits.USUAL.parkedPerLevel());
    batch = 32; // 13 batches are 416 entries, so the directory was looked at several times
    int entries = 3000;
    assertThat(namesKeptOf(entries)).isLessThan(2L * knownPerLevel);
    WorkerRig.await("all are done", () -> stats.processed.get() == entries);
    assertThat(rig.query("SELECT count(DISTINCT n) FROM t")).containsExactly("" + entries);
    assertThat( // the oldest first
            rig.query("SELECT count(*) FROM t a JOIN t b ON b.rowid = a.rowid + 1 WHERE b.n < a.n"))
        .containsExactly("0");
    assertThat(WorkerRig.names(rig.spool.pending)).isEmpty();
  }

  // ---- clocks that are set

  private void setClock(Duration ahead) {
    clockAheadMillis = ahead.toMillis();
    inbox.wakeUp();
    WorkerRig.await(
        "it notices",
        () -> {
          inbox.wakeUp();
          return log().contains("the clock was set by");
        });
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("worker.log"));
    } catch (IOException e) {
      return "";
    }
  }

  private static Cron daily() {
    return Cron.parse("0 0 * * *", java.time.ZoneOffset.UTC);
  }

  @Test
  void shouldDoWhatIsDueOnceTheClockIsSetForward() {
    Enqueued job = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").in(Duration.ofDays(2)));
    rig.drop("5_1", INSERT.formatted(2));
    start();
    rig.awaitCompleted("5_1");
    setClock(Duration.ofDays(3));
    rig.awaitCompleted(job.name());
    rig.drop("5_2", INSERT.formatted(3));
    inbox.rescan();
    rig.awaitCompleted("5_2");
  }

  @Test
  void shouldDeleteNothingBecauseTheClockIsSetForward() throws Exception {
    rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
    rig.drop("5_bad", "{}");
    start();
    rig.awaitFailed("5_bad");
    WorkerRig.await("it is done", () -> WorkerRig.names(rig.spool.completed).size() == 1);
    Files.deleteIfExists(directory.resolve(".cleanup")); // as if it was long ago
    setClock(Duration.ofDays(400));
    Enqueued again = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
    inbox.rescan();
    rig.awaitCompleted(again.name());
    assertThat(WorkerRig.names(rig.spool.failed)).containsExactly("5_bad", "5_bad.error");
    assertThat(WorkerRig.names(rig.spool.completed)).hasSizeGreaterThanOrEqualTo(2);
    assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("1"); // the ledger knows it
  }

  @Test
  void shouldDeleteNothingBecauseTheClockIsAheadAtTheStart() throws Exception {
    rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
    rig.drop("5_bad", "{}");
    rig.once();
    clockAheadMillis = Duration.ofDays(400).toMillis();
    Enqueued again = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
    start();
    rig.awaitCompleted(again.name());
    assertThat(WorkerRig.names(rig.spool.failed)).containsExactly("5_bad", "5_bad.error");
    assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("1"); // the ledger knows it
  }

  @Test
  void shouldBelieveAClockAfterATime() {
    long now = Instant.now().toEpochMilli();
    long month = Duration.ofDays(30).toMillis();
    ClockSteps soon = new ClockSteps(now, 0, OptionalLong.of(now - 3_600_000));
    assertThat(soon.isInDoubt(1)).isFalse();
    for (OptionalLong last :
        List.of(OptionalLong.empty(), OptionalLong.of(now - month), OptionalLong.of(now + month))) {
      ClockSteps clock = new ClockSteps(now, 0, last);
      assertThat(clock.isInDoubt(1)).isTrue();
      assertThat(clock.look(now + 1000, 1000)).isZero();
      assertThat(clock.isInDoubt(ClockSteps.DOUBT_MILLIS)).isFalse();
    }
  }

  @Test
  void shouldGoOnWhereTheClockIsSetBack() throws Exception {
    rig.drop("5_1", INSERT.formatted(1));
    start();
    rig.awaitCompleted("5_1");
    setClock(Duration.ofDays(-400));
    rig.drop("5_2", INSERT.formatted(2));
    rig.drop("05_bad", "{\"sql\": \"INSERT INTO missing VALUES (1)\"}");
    rig.drop("5_part", "{\"sql\": ");
    inbox.rescan();
    rig.awaitCompleted("5_2");
    WorkerRig.await("it is tried again", () -> !WorkerRig.names(rig.spool.delayed).isEmpty());
    inbox.delayed();
    rig.awaitFailed("06_bad");
    rig.awaitFailed("5_part"); // it is no longer taken for one that grows
  }

  @Test
  void shouldCleanUpThoughTheClockWasSetBackLongAgo() throws Exception {
    Files.writeString(directory.resolve(".cleanup"), "x"); // in a year from then
    Path old = rig.drop(rig.spool.completed, "5_1", new byte[1]);
    Instant now = Instant.now();
    Engine engine = SqliteEngine.open(rig.options.databaseFile(rig.spool));
    try {
      Instant yearAgo = now.minus(Duration.ofDays(365));
      try (Cleanup cleanup = cleanUp(engine, yearAgo, Integer.MAX_VALUE)) {
        assertThat(cleanup.isRunning()).isFalse();
      }
      assertThat(directory.resolve(".cleanup")).content().isNotEqualTo("x");
      assertThat(old).exists();
    } finally {
      engine.close();
    }
  }

  private Cleanup cleanUp(Engine engine, Instant now, int steps) {
    Cleanup cleanup = new Cleanup(rig.spool, new WorkerLog(directory.resolve("worker.log"), null));
    cleanup.begin(QueueConfig.DEFAULT, now);
    assertThat(cleanup.isRunning()).isTrue();
    for (int i = 0; i < steps && cleanup.isRunning(); i++) {
      cleanup.step(engine, QueueConfig.DEFAULT, now);
    }
    return cleanup;
  }

  @Test
  void shouldDeleteAllThatIsOldInOnePassALittleAtATime() throws Exception {
    int count = 2000;
    for (int i = 0; i < count; i++) {
      Files.createFile(rig.spool.completed.resolve("5_" + i));
    }
    Path deadLetter = Files.createFile(rig.spool.failed.resolve("5_bad"));
    Instant later = Instant.now().plus(Duration.ofDays(2));
    try (SqliteEngine engine = SqliteEngine.open(rig.options.databaseFile(rig.spool))) {
      try (Cleanup cleanup = cleanUp(engine, later, 1)) {
        assertThat(WorkerRig.names(rig.spool.completed)).hasSizeBetween(1, count - 1);
        cleanup.begin(QueueConfig.DEFAULT, later.plus(Duration.ofDays(1))); // is under way
        for (int i = 0; i < 100 && cleanup.isRunning(); i++) {
          cleanup.step(engine, QueueConfig.DEFAULT, later);
        }
        assertThat(cleanup.isRunning()).isFalse();
        cleanup.begin(QueueConfig.DEFAULT, Instant.now());
        assertThat(cleanup.isRunning()).isFalse(); // one was begun a moment ago
      }
    }
    assertThat(WorkerRig.names(rig.spool.completed)).isEmpty();
    assertThat(deadLetter).exists();
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
