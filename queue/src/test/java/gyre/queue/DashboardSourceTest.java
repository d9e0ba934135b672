package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.queue.DashboardSource.Found;
import gyre.queue.DashboardSource.Query;
import gyre.queue.DashboardSource.Row;
import gyre.queue.Inspection.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A dashboard tells the same of a queue wherever it lives. */
@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class DashboardSourceTest {
  enum Home {
    SPOOL,
    SHARDS,
    POSTGRESQL
  }

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init")
  private Backend backend;

  @SuppressWarnings("NullAway.Init")
  private DashboardSource source;

  /** Of the database, where there is one. */
  private String url = "";

  private void open(Home home) {
    backend =
        switch (home) {
          case SPOOL -> {
            Queue ignored = Queue.open(directory);
            yield Backend.spool(directory);
          }
          case SHARDS -> Backend.shards(directory, 3);
          case POSTGRESQL -> {
            url = PostgresServer.shared().database();
            yield Backend.postgresql(url);
          }
        };
    source = DashboardSource.of(backend);
  }

  @AfterEach
  void close() {
    if (source != null) {
      source.close();
      backend.close();
    }
  }

  private Sample await(String what, Predicate<Sample> condition) {
    Sample[] seen = {Sample.NONE};
    WorkerRig.await(
        what,
        () -> {
          seen[0] = source.look(System.currentTimeMillis());
          return condition.test(seen[0]);
        });
    return seen[0];
  }

  private List<Row> list(Place place, String text, String operation, int priority) {
    return source.search(new Query(place, text, operation, priority, 50)).rows();
  }

  /** One of PostgreSQL has its log in the directory alone. */
  private void work() {
    WorkerOptions options = WorkerOptions.of(directory).once(true);
    try (Loop loop = Loop.open()) {
      loop.run(() -> backend.worker(options).run());
    }
  }

  @ParameterizedTest
  @EnumSource(Home.class)
  void shouldTellWhatWaits(Home home) {
    open(home);
    backend.enqueue(Job.of("mail", Map.of("to", "Ada")).priority(3).id("m"));
    backend.enqueue(Job.of("fax", "number").priority(1).id("f"));
    backend.enqueue(Job.sql("SELECT 1").priority(3).id("s"));
    backend.enqueue(Job.sql("SELECT 2").priority(9).id("d").in(Duration.ofHours(1)));
    Sample sample = await("all are there", each -> each.pending() == 3 && each.delayed() == 1);
    assertThat(sample.error()).isEmpty();
    assertThat(sample.pendingByPriority()[3]).isEqualTo(2);
    assertThat(sample.workers()).isEmpty();
    assertThat(list(Place.PENDING, "", "", 0).stream().map(Row::id))
        .startsWith("f")
        .containsExactlyInAnyOrder("f", "m", "s");
    assertThat(list(Place.PENDING, "ada", "", 0).stream().map(Row::id)).containsExactly("m");
    assertThat(list(Place.PENDING, "", "sql", 3).stream().map(Row::id)).containsExactly("s");
    assertThat(list(Place.PENDING, "x' OR true --", "", 0)).isEmpty();
    Found cut = source.search(new Query(Place.PENDING, "", "", 0, 1));
    assertThat(cut.rows()).hasSize(1);
    assertThat(cut.isCut()).isTrue();
    Row delayed = list(Place.DELAYED, "", "", 0).getFirst();
    assertThat(delayed.due()).isGreaterThan(System.currentTimeMillis());
    Row first = list(Place.PENDING, "", "", 0).getFirst();
    assertThat(source.detail(Place.PENDING, first.file()).orElseThrow())
        .containsEntry("id", "f")
        .containsEntry("priority", 1);
    assertThat(source.detail(Place.FAILED, first.file())).isEmpty();
    assertThat(source.detail(Place.PENDING, "99|nothing")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Home.class)
  void shouldRetryDiscardAndPause(Home home) {
    open(home);
    backend.enqueue(Job.sql("SELECT * FROM nowhere;").id("bad"));
    backend.enqueue(Job.sql("SELECT 1").id("late").in(Duration.ofHours(1)));
    Row late = list(Place.DELAYED, "", "", 0).getFirst();
    assertThat(source.retry(Place.DELAYED, late.file())).isTrue();
    assertThat(source.retry(Place.DELAYED, late.file())).isFalse();
    assertThat(source.discard(Place.PROCESSING, late.file())).isFalse();
    Row waits =
        list(Place.PENDING, "", "", 0).stream()
            .filter(each -> each.id().equals("late"))
            .findFirst()
            .orElseThrow();
    assertThat(source.discard(Place.PENDING, waits.file())).isTrue();
    assertThat(source.discard(Place.PENDING, waits.file())).isFalse();
    source.pause("");
    source.pause("mail");
    await("it is paused", each -> each.isPaused() && each.pausedKinds().equals(List.of("mail")));
    assertThat(source.resume("")).isTrue();
    assertThat(source.resume("")).isFalse();
    assertThat(source.resume("mail")).isTrue();
    await("it goes on", each -> !each.isPaused() && each.pausedKinds().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(Home.class)
  void shouldTellWhatWasDone(Home home) {
    open(home);
    for (int i = 0; i < 5; i++) {
      backend.enqueue(Job.sql("SELECT 1").id("done" + i));
    }
    work();
    await("all are done", each -> each.completed() == 5 && each.pending() == 0);
    assertThat(list(Place.COMPLETED, "done3", "", 0)).hasSize(1);
  }

  @Test
  void shouldSayThatADatabaseIsNotThere() {
    backend = Backend.postgresql("postgresql://nobody@127.0.0.1:1/nothing");
    source = DashboardSource.of(backend);
    assertThat(source.look(1).error()).contains("127.0.0.1:1");
  }

  @Test
  void shouldTellLatencyOfWorkersOnPostgresql() {
    open(Home.POSTGRESQL);
    assertThat(backend.operations().workers()).isEmpty();
    WorkerStats stats = new WorkerStats();
    History history = new History();
    beat("INSERT INTO gyre_queue.workers (host, pid, operations, heartbeat) VALUES", stats);
    history.add(await("it lives", each -> each.workers().size() == 1));
    for (int i = 0; i < 100; i++) {
      stats.latency.record(i < 98 ? 3_000_000 : 700_000_000);
    }
    beat("UPDATE gyre_queue.workers SET (host, pid, operations, heartbeat) =", stats);
    Sample sample = await("it is told", each -> each.workers().getFirst().latencyCounts()[3] == 98);
    double[] latency = history.add(sample).latency();
    assertThat(latency[0]).isBetween(0.0025, 0.005);
    assertThat(latency[1]).isBetween(0.5, 1.0);
    String metrics = QueueMetrics.text(sample, 0);
    String worker = "{worker=\"" + sample.workers().getFirst().slot() + "\"";
    assertThat(metrics)
        .contains("gyre_queue_latency_seconds_count" + worker + "} 100\n")
        .contains("gyre_queue_latency_seconds_bucket" + worker + ",le=\"0.005\"} 98\n");
  }

  private void beat(String sql, WorkerStats stats) {
    String heartbeat = Heartbeat.json(stats, System.currentTimeMillis());
    PostgresServer.shared().query(url, sql + " ('here', 1, '{sql}', '" + heartbeat + "')");
  }

  @Test
  void shouldTellTheAgeOfAnEntrySinceItCouldBeDone() throws Exception {
    open(Home.SPOOL);
    Spool spool = new Spool(directory);
    Enqueued job = backend.enqueue(Job.sql("SELECT 1"));
    Path file = spool.pending.resolve(job.name());
    FileTime longAgo = FileTime.fromMillis(System.currentTimeMillis() - 86_400_000);
    Files.setLastModifiedTime(file, longAgo); // as of one that was put aside for a day
    Path aside = Files.move(file, spool.delayed.resolve("1~" + job.name()));
    Files.move(aside, file);
    Sample sample = await("it waits", each -> each.pending() == 1);
    assertThat(sample.oldestSeconds()).isLessThan(3600);
    source.look(System.currentTimeMillis() + 60_000);
    assertThat(source.look(System.currentTimeMillis() + 7_200_000).oldestSeconds())
        .isGreaterThan(3600);
  }

  @Test
  void shouldRetryAllOthersWhereOneCanNotBeMoved() throws Exception {
    open(Home.SPOOL);
    Spool spool = new Spool(directory);
    for (int i = 0; i < 9; i++) {
      Files.writeString(spool.failed.resolve("5_" + i), "{\"sql\": \"SELECT 1\"}");
    }
    for (int i = 1; i <= 1000; i++) { // as many as names are tried
      Files.writeString(spool.pending.resolve(i == 1 ? "5_4" : "5_4~" + i), "x");
    }
    assertThat(source.retryAll(100)).isEqualTo(8);
    assertThat(WorkerRig.names(spool.failed)).containsExactly("5_4");
    assertThatThrownBy(() -> source.retryAll(100)).isInstanceOf(QueueException.class);
  }
}
