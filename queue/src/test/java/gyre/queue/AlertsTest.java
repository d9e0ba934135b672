package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Each alert at its limit, in a time of the test's own. */
class AlertsTest {
  private final Alerts alerts = new Alerts();
  private final Totals totals = new Totals();
  private long millis = 1_000_000_000_000L;
  private Totals.At before = totals.add(Sample.NONE);

  /** A worker that is well, but for what a test changes. */
  private static WorkerSample worker(
      long timestampSeconds,
      long idleSeconds,
      boolean watches,
      boolean wantsWatcher,
      long events,
      long[] doneFailed,
      String trouble) {
    return new WorkerSample(
        0,
        42,
        "event",
        timestampSeconds,
        timestampSeconds - idleSeconds,
        idleSeconds,
        0,
        0,
        watches,
        wantsWatcher,
        0,
        events,
        doneFailed[0],
        doneFailed[1],
        0,
        0,
        false,
        trouble,
        new long[LatencyStats.BUCKETS],
        0);
  }

  private WorkerSample well(long idleSeconds, long events) {
    return worker(millis / 1000, idleSeconds, true, true, events, new long[] {0, 0}, "");
  }

  private Sample sample(long pending, double oldest, WorkerSample... workers) {
    long[] byPriority = new long[11];
    byPriority[5] = pending;
    return new Sample(
        millis, byPriority, 0, 0, 0, 0, oldest, false, List.of(), List.of(workers), "", 1);
  }

  private List<String> names(Sample sample) {
    Totals.At now = totals.add(sample);
    return alerts.judge(sample, now, before).stream().map(Alerts.Alert::name).toList();
  }

  @Test
  void shouldBeSilentWhereAllIsWell() {
    assertThat(names(sample(0, 0))).isEmpty();
    assertThat(names(sample(0, 0, well(100_000, 1)))).isEmpty();
    assertThat(names(sample(10, 299, well(299, 1)))).isEmpty();
  }

  @Test
  void shouldTellThatNoWorkerRunsAfterTenSeconds() {
    assertThat(names(sample(1, 0))).isEmpty();
    millis += 9_999;
    assertThat(names(sample(1, 0))).isEmpty();
    millis += 1;
    assertThat(names(sample(1, 0))).containsExactly("QueueNoWorker");
    assertThat(names(sample(0, 0))).isEmpty();
    assertThat(names(sample(1, 0))).as("it begins anew").isEmpty();
  }

  @Test
  void shouldTellOfAWatcherThatIsDownForAMinute() {
    for (int i = 0; i < 60; i++) {
      WorkerSample down = worker(millis / 1000, 0, false, true, i, new long[] {0, 0}, "");
      assertThat(names(sample(0, 0, down))).as("second %d", i).isEmpty();
      millis += 1000;
    }
    WorkerSample down = worker(millis / 1000, 0, false, true, 61, new long[] {0, 0}, "");
    assertThat(names(sample(0, 0, down))).containsExactly("QueueWatcherDown");
    WorkerSample polls = worker(millis / 1000, 0, false, false, 62, new long[] {0, 0}, "");
    assertThat(names(sample(0, 0, polls))).as("polling was asked for").isEmpty();
  }

  @Test
  void shouldTellThatEventsHaveStoppedWithEntriesThatWait() {
    assertThat(names(sample(5, 0, well(0, 7)))).isEmpty();
    millis += 1000;
    assertThat(names(sample(5, 0, well(1, 7)))).isEmpty();
    millis += 60_000;
    assertThat(names(sample(5, 0, well(61, 7)))).containsExactly("QueueEventsStopped");
    assertThat(names(sample(0, 0, well(61, 7)))).as("nothing waits").isEmpty();
    assertThat(names(sample(5, 0, well(0, 8)))).as("it goes on").isEmpty();
  }

  @Test
  void shouldTellOfAWorkerThatDoesNothingForFiveMinutes() {
    assertThat(names(sample(1, 0, well(300, 1)))).isEmpty();
    assertThat(names(sample(1, 0, well(301, 2)))).containsExactly("QueueIdle");
    assertThat(names(sample(0, 0, well(301, 3)))).isEmpty();
  }

  @Test
  void shouldTellOfOldHeartbeatsTroubleAndOldEntries() {
    long second = millis / 1000;
    WorkerSample silent = worker(second - 61, 0, true, true, 1, new long[] {0, 0}, "");
    assertThat(names(sample(0, 0, silent))).containsExactly("QueueHeartbeatOld");
    WorkerSample troubled = worker(second, 0, true, true, 2, new long[] {0, 0}, "disk full");
    assertThat(names(sample(0, 0, troubled))).containsExactly("QueueDatabaseTrouble");
    assertThat(names(sample(1, 300.5, well(0, 3)))).containsExactly("QueueEntryOld");
  }

  @Test
  void shouldTellOfFailuresThatAreMany() {
    WorkerSample first = worker(millis / 1000, 0, true, true, 1, new long[] {1000, 0}, "");
    before = totals.add(sample(0, 0, first));
    WorkerSample few = worker(millis / 1000, 0, true, true, 2, new long[] {1000, 4}, "");
    assertThat(names(sample(0, 0, few))).as("four").isEmpty();
    WorkerSample share = worker(millis / 1000, 0, true, true, 3, new long[] {1054, 6}, "");
    assertThat(names(sample(0, 0, share))).as("a tenth").isEmpty();
    WorkerSample many = worker(millis / 1000, 0, true, true, 4, new long[] {1054, 7}, "");
    assertThat(names(sample(0, 0, many))).containsExactly("QueueFailureRate");
  }

  @Test
  void shouldTellThatTheDirectoryCannotBeRead() {
    Sample failed = sample(5, 900).failedNow(millis, "EIO", 1);
    assertThat(names(failed)).containsExactly("QueueUnreadable");
  }

  @Test
  void shouldAddUpOverRestartsOfWorkers() {
    WorkerSample old = worker(1, 0, true, true, 5, new long[] {100, 3}, "");
    Totals own = new Totals();
    assertThat(own.add(sample(0, 0, old)).done()).as("what was before").isZero();
    WorkerSample later = worker(2, 0, true, true, 6, new long[] {110, 3}, "");
    assertThat(own.add(sample(0, 0, later)).done()).isEqualTo(10);
    assertThat(own.add(sample(0, 0)).done()).as("it is gone").isEqualTo(10);
    assertThat(own.add(sample(0, 0, later)).done()).as("and seen again").isEqualTo(10);
    WorkerSample reborn =
        new WorkerSample(
            0,
            43,
            "event",
            3,
            3,
            0,
            0,
            0,
            true,
            true,
            0,
            1,
            7,
            1,
            0,
            0,
            false,
            "",
            new long[LatencyStats.BUCKETS],
            0);
    Totals.At now = own.add(sample(0, 0, reborn));
    assertThat(now.done()).isEqualTo(17);
    assertThat(now.failed()).isEqualTo(1);
  }
}
