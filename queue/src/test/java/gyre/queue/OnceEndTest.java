package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnceEndTest {
  private static final Kind KIND =
      new Kind(
          "k",
          new Kind.Program(List.of("true"), null, Map.of()),
          1,
          0,
          Duration.ofSeconds(1),
          RetryPolicy.DEFAULT);

  @TempDir Path directory;
  private final WorkerStats stats = new WorkerStats();

  @SuppressWarnings("NullAway.Init")
  private Spool spool;

  @SuppressWarnings("NullAway.Init")
  private HandlerDesk desk;

  @SuppressWarnings("NullAway.Init")
  private PendingIndex pending;

  @SuppressWarnings("NullAway.Init")
  private OnceEnd end;

  @BeforeEach
  void open() {
    spool = Queue.open(directory).spool();
    WorkerLog log = new WorkerLog(directory.resolve("worker.log"), null);
    desk = new HandlerDesk(spool, (claim, kind, attempt) -> {}, log, 1);
    pending = PendingIndex.of(spool, stats, log, InstantSource.system(), desk::isParked, 100);
    end = new OnceEnd(stats, pending, desk);
  }

  private void enqueue(String name) throws Exception {
    Files.writeString(spool.pending.resolve(name), "{\"operation\": \"k\"}");
  }

  /** A round that begins nothing of what is known. */
  private void goThrough() {
    for (EntryName name = pending.poll(); name != null; name = pending.poll()) {
      desk.state(KIND).parked.offer(name);
    }
  }

  @Test
  void shouldGoOnAtOnceWithWhatWasEnqueuedByTheLast() throws Exception {
    assertThat(end.next()).isEqualTo(OnceEnd.Next.END);
    end.somethingBegan();
    enqueue("5_1");
    assertThat(end.next()).isEqualTo(OnceEnd.Next.LOOK);
    assertThat(pending.isEmpty()).isFalse();
  }

  @Test
  void shouldLeaveWhatMayNotBeginAndFindsNoRoom() throws Exception {
    desk.state(KIND).isPaused = true;
    enqueue("5_1");
    enqueue("5_2");
    end.somethingBegan();
    assertThat(end.next()).isEqualTo(OnceEnd.Next.LOOK);
    goThrough();
    assertThat(end.next()).isEqualTo(OnceEnd.Next.END);
  }

  @Test
  void shouldNotEndWhereTheLastRoundHasFailedOneOrOthersHaveComeMeanwhile() throws Exception {
    desk.state(KIND).isPaused = true;
    enqueue("5_1");
    enqueue("5_2");
    end.next();
    goThrough();
    stats.failed.incrementAndGet(); // its batch may have ended, and enqueued another one
    assertThat(end.next()).isEqualTo(OnceEnd.Next.LOOK);
    goThrough();
    enqueue("5_3");
    assertThat(end.next()).isEqualTo(OnceEnd.Next.WAIT);
    goThrough();
    assertThat(end.next()).isEqualTo(OnceEnd.Next.END);
  }
}
