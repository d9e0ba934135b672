package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.jdbc.PgConnection;

/** What workers on PostgreSQL do for each other: whose an entry is, what is due, what is old. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresKeeperTest {
  private static final String URL = PostgresServer.shared().database();

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init")
  private PgRig rig;

  private final HandlerFibers fibers = new HandlerFibers(); // without a loop nothing is begun

  @BeforeEach
  void open() {
    rig = new PgRig(URL, directory);
    rig.clear();
    rig.config = PgRig.config(0, PgRig.kind("h", 4));
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private long worker() {
    return Long.parseLong(
        rig.first(
            "INSERT INTO gyre_queue.workers (host, pid, operations, heartbeat)"
                + " VALUES ('here', 1, '{h}', '{}') RETURNING worker"));
  }

  private List<String> states() {
    return rig.query("SELECT state FROM gyre_queue.entries ORDER BY seq");
  }

  private boolean take(PgHandlers handlers, PgConnection open) throws SQLException {
    boolean did = handlers.take(open);
    open.commit();
    return did;
  }

  // ---- whose an entry is

  @Test
  void shouldBeginOneOfAnIdThoughTwoWorkersTakeAtTheSameMoment() throws Exception {
    rig.shared.worker = worker();
    rig.backend.enqueue(Job.of("h", 1).id("x"));
    rig.backend.enqueue(Job.of("h", 2).id("x"));
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection first = rig.other("first");
        PgConnection second = rig.other("second")) {
      PostgresServer.query(
          first, "UPDATE gyre_queue.entries SET state = 'running', worker = 99 WHERE seq = 1");
      CompletableFuture<Void> other = PgRig.aside(() -> take(handlers, second));
      WorkerRig.await(
          "it has begun or waits",
          () ->
              other.isDone()
                  || rig.is(
                      "EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'second'"
                          + " AND wait_event_type = 'Lock')"));
      first.commit();
      other.get(60, TimeUnit.SECONDS);
    }
    assertThat(states()).containsExactly("running", "delayed");
  }

  @Test
  void shouldLetTwinsWaitTheLongerTheLongerTheFirstRunsAndGoOnBehindThem() throws Exception {
    rig.config = PgRig.config(0, PgRig.kind("h", 1));
    rig.shared.worker = worker();
    for (String id : List.of("x", "x", "y")) {
      rig.backend.enqueue(Job.of("h", 1).id(id));
    }
    rig.query(
        "UPDATE gyre_queue.entries SET state = 'running', worker = 99,"
            + " changed_at = now() - interval '1 hour' WHERE seq = 1");
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    String before = rig.first("SELECT clock_timestamp()");
    try (PgConnection open = rig.other("worker")) {
      assertThat(take(handlers, open)).isTrue();
      assertThat(take(handlers, open)).isTrue();
      assertThat(handlers.pauseMillis()).isGreaterThan(0);
    }
    assertThat(states()).containsExactly("running", "delayed", "running");
    assertThat(
            rig.is(
                "(SELECT due_at >= '"
                    + before
                    + "'::timestamptz + interval '4 seconds' FROM gyre_queue.entries"
                    + " WHERE state = 'delayed')"))
        .isTrue();
  }

  @Test
  void shouldComeToWhatIsBehindManyTwins() throws Exception {
    rig.config = PgRig.config(0, PgRig.kind("h", 1));
    rig.shared.worker = worker();
    rig.query(
        "INSERT INTO gyre_queue.entries (id, operation, content, state, worker)"
            + " SELECT 'x', 'h', '{\"operation\": \"h\"}', CASE n WHEN 1 THEN 'running' ELSE 'pending'"
            + " END, CASE n WHEN 1 THEN 99 END FROM generate_series(1, 300) n");
    rig.backend.enqueue(Job.of("h", 1).id("y"));
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection open = rig.other("worker")) {
      for (int i = 0; i < 3; i++) {
        take(handlers, open);
      }
    }
    assertThat(rig.query("SELECT id || state, count(*) FROM gyre_queue.entries GROUP BY 1"))
        .containsExactlyInAnyOrder("xrunning", "xdelayed", "yrunning");
  }

  @Test
  void shouldNotEndWhereWhatWasPutOffIsDueOnlyBehindTheLookForThat() throws Exception {
    try (PgRig once = new PgRig(URL, directory, true)) {
      once.config = rig.config;
      once.shared.worker = worker();
      once.shared.idle.set(once.shared.threads);
      rig.backend.enqueue(Job.of("h", 1).id("x"));
      rig.backend.enqueue(Job.of("h", 1).id("x"));
      rig.query(
          "UPDATE gyre_queue.entries SET state = 'running', worker = 99,"
              + " changed_at = now() - interval '8 seconds' WHERE seq = 1"); // a quarter is waited
      CompletableFuture<Void> keeper =
          PgRig.aside(() -> {
            new PgKeeper(once.shared, fibers).run();
            return 0;
          });
      String isKeeper = " FROM pg_stat_activity WHERE application_name = 'gyre queue keeper' AND ";
      WorkerRig.await(
          "it is put off",
          () ->
              states().contains("delayed")
                  && rig.is("EXISTS (SELECT 1" + isKeeper + "state = 'idle')"));
      try (PgConnection other = rig.other("other")) {
        PostgresServer.query(other, "SELECT 1 FROM gyre_queue.workers FOR UPDATE");
        once.shared.keeping.wakeOne(); // it looks for what is due, and is held up at taking
        WorkerRig.await(
            "it is due meanwhile, also by the clock of the keeper",
            () ->
                rig.is(
                    "EXISTS (SELECT 1"
                        + isKeeper
                        + "wait_event_type = 'Lock') AND NOT EXISTS (SELECT 1"
                        + " FROM gyre_queue.entries"
                        + " WHERE due_at > clock_timestamp() - interval '300 milliseconds')"));
        other.commit();
      }
      WorkerRig.await(
          "it has looked again",
          () ->
              keeper.isDone()
                  || rig.is(
                      "EXISTS (SELECT 1 FROM gyre_queue.entries"
                          + " WHERE due_at > clock_timestamp())"));
      assertThat(keeper).isNotDone();
      once.shared.wish(Inbox.Wish.STOP);
      keeper.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldBeginNothingWhenItWasDeclaredDead() throws Exception {
    rig.shared.worker = worker();
    rig.query("DELETE FROM gyre_queue.workers");
    rig.backend.enqueue(Job.of("h", 1));
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection open = rig.other("worker")) {
      assertThat(take(handlers, open)).isFalse();
    }
    assertThat(states()).containsExactly("pending");
  }

  @Test
  void shouldBeginWhatItHasClaimedThoughTheNextClaimFails() throws Exception {
    rig.config = PgRig.config(0, PgRig.kind("h", 64)); // of 64 places one is for low priorities
    rig.shared.worker = worker();
    rig.backend.enqueue(Job.of("h", 1).priority(1));
    rig.backend.enqueue(Job.of("h", 2).priority(10));
    rig.query(
        "ALTER TABLE gyre_queue.entries ADD CONSTRAINT bad"
            + " CHECK (state <> 'running' OR priority > 1)");
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection open = rig.other("worker")) {
      assertThatThrownBy(() -> take(handlers, open)).isInstanceOf(SQLException.class);
      open.rollback();
      assertThat(states()).containsExactly("pending", "running");
      assertThat(handlers.running()).isEqualTo(1);
      handlers.giveBackWhatNobodyHas(open);
      assertThat(states()).containsExactly("pending", "running");
    } finally {
      rig.query("ALTER TABLE gyre_queue.entries DROP CONSTRAINT bad");
    }
  }

  /** As a commit leaves it of which the answer was lost. */
  @Test
  void shouldGiveBackWhatIsItsAndWasNeverBegun() throws Exception {
    rig.shared.worker = worker();
    rig.backend.enqueue(Job.of("h", 1).id("begun"));
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection open = rig.other("worker")) {
      take(handlers, open);
      rig.backend.enqueue(Job.of("h", 2).id("lost"));
      rig.backend.enqueue(Job.of("h", 3).id("of another"));
      rig.query(
          "UPDATE gyre_queue.entries SET state = 'running', attempts = 1,"
              + " worker = CASE id WHEN 'lost' THEN (SELECT worker FROM gyre_queue.workers)"
              + " ELSE 99 END WHERE state = 'pending'");
      handlers.giveBackWhatNobodyHas(open);
    }
    assertThat(rig.query("SELECT id || state || attempts FROM gyre_queue.entries ORDER BY seq"))
        .containsExactly("begunrunning1", "lostpending0", "of anotherrunning1");
  }

  @Test
  void shouldServeHandlersOfLowPriorityToo() throws Exception {
    rig.config = PgRig.config(0, PgRig.kind("h", 64));
    rig.shared.worker = worker();
    rig.backend.enqueue(Job.of("h", 1).id("last").priority(10));
    for (int i = 0; i < 70; i++) {
      rig.backend.enqueue(Job.of("h", 1).priority(1));
    }
    PgHandlers handlers = new PgHandlers(rig.shared, fibers);
    try (PgConnection open = rig.other("worker")) {
      take(handlers, open);
    }
    assertThat(states().getFirst()).isEqualTo("running");
  }

  @Test
  void shouldJudgeNobodyWhileItHasNoAnswerItself() throws Exception {
    worker();
    rig.query("UPDATE gyre_queue.workers SET heartbeat_at = now() - interval '1 hour'");
    long nowNanos = System.nanoTime();
    long hourNanos = TimeUnit.HOURS.toNanos(1);
    rig.shared.isListening = true;
    rig.shared.listeningSinceNanos = nowNanos - hourNanos;
    rig.shared.lastBeatNanos = nowNanos - hourNanos;
    try (PgConnection open = rig.other("keeper")) {
      PgUpkeep.takeOver(open, rig.shared);
      assertThat(rig.query("SELECT host FROM gyre_queue.workers")).hasSize(1);
      rig.shared.lastBeatNanos = System.nanoTime();
      PgUpkeep.takeOver(open, rig.shared);
    }
    assertThat(rig.query("SELECT host FROM gyre_queue.workers")).isEmpty();
  }

  // ---- plans

  private void plan(String cron) throws SQLException {
    QueueConfig.Recurring recurring =
        new QueueConfig.Recurring(
            "r", Cron.parse(cron, ZoneOffset.UTC), Job.sql("INSERT INTO t VALUES (1)"));
    rig.config = PgRig.config(0, List.of(recurring));
    try (PgConnection open = rig.other("keeper")) {
      PgUpkeep.recurring(open, rig.shared);
    }
  }

  private boolean isPlannedSoon() {
    return rig.is(
        "(SELECT bool_and(due_at < now() + interval '3 minutes') AND count(*) BETWEEN 1 AND 2"
            + " FROM gyre_queue.entries)");
  }

  @Test
  void shouldFollowAPlanThatWasChanged() throws SQLException {
    plan("0 0 29 2 *");
    assertThat(isPlannedSoon()).isFalse();
    plan("* * * * *");
    assertThat(isPlannedSoon()).isTrue();
    plan("* * * * *");
    assertThat(isPlannedSoon()).isTrue();
  }

  @Test
  void shouldPlanAnewWhatAClockPlannedThatWasAhead() throws SQLException {
    plan("* * * * *");
    rig.query("DELETE FROM gyre_queue.entries");
    rig.query("UPDATE gyre_queue.recurring SET planned = planned + interval '1 year'");
    plan("* * * * *");
    assertThat(isPlannedSoon()).isTrue();
  }

  // ---- tables

  @Test
  void shouldMakeNoTablesThatAnotherHasMadeMeanwhile() throws Exception {
    try (PgConnection first = rig.other("first");
        PgConnection second =
            rig.backend.database().open("second", Duration.ofMinutes(1), Duration.ofMinutes(1))) {
      String version = rig.first("SELECT obj_description('gyre_queue'::regnamespace)");
      rig.query("COMMENT ON SCHEMA gyre_queue IS 'older'");
      PostgresServer.query(first, "SELECT pg_advisory_xact_lock(" + PgSchema.LOCK + ")");
      CompletableFuture<Void> other =
          PgRig.aside(() -> {
            PgSchema.create(second);
            return 0;
          });
      WorkerRig.await(
          "it waits",
          () ->
              rig.is(
                  "EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'second'"
                      + " AND wait_event = 'advisory')"));
      PostgresServer.query(first, "COMMENT ON SCHEMA gyre_queue IS '" + version + "'");
      first.commit();
      PostgresServer.query(first, "SELECT count(*) FROM gyre_queue.entries"); // it works already
      other.get(60, TimeUnit.SECONDS);
    }
  }

  // ---- what is old

  @Test
  void shouldForgetEndsOfBatchesThatNobodyOpens() throws SQLException {
    rig.query(
        "INSERT INTO gyre_queue.batch_ends (batch, seq, ended_at) VALUES"
            + " ('never', 1, now() - interval '8 days'), ('open', 2, now() - interval '8 days'),"
            + " ('soon', 3, now())");
    rig.backend.openBatch("open", 5, Job.sql("SELECT 1"));
    try (PgConnection open = rig.other("keeper")) {
      PgUpkeep.cleanUp(open, rig.config);
    }
    assertThat(rig.query("SELECT batch FROM gyre_queue.batch_ends ORDER BY 1"))
        .containsExactly("open", "soon");
  }

  @Test
  void shouldForgetOldEntriesSliceBySliceAndSayWhetherThereAreMore() throws SQLException {
    rig.query(
        "INSERT INTO gyre_queue.ledger (id, done_at, operation, priority, content)"
            + " SELECT 'old ' || n, now() - interval '8 days', 'sql', 5, ''"
            + " FROM generate_series(1, 6000) n");
    try (PgConnection open = rig.other("keeper")) {
      assertThat(PgUpkeep.cleanUp(open, rig.config)).isTrue();
      assertThat(PgUpkeep.cleanUp(open, rig.config)).isFalse();
    }
    assertThat(rig.query("SELECT id FROM gyre_queue.ledger")).isEmpty();
  }
}
