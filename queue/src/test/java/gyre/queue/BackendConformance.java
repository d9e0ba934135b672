package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.queue.Inspection.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a queue promises, wherever it lives. A new backend extends this. */
abstract class BackendConformance {
  private static final Duration HANG_LIMIT = Duration.ofSeconds(60);

  @TempDir Path directory;
  Backend queue;
  final List<String> handled = Collections.synchronizedList(new ArrayList<>());

  /** What the handler of "h" does when it has been told of an entry. */
  volatile boolean fails;

  /** An empty one. */
  abstract Backend open() throws Exception;

  /** The first column of what {@code sql} gives. */
  abstract List<String> query(String sql);

  /** Where its worker finds a configuration. */
  abstract Path workerDirectory();

  @BeforeEach
  void openQueue() throws Exception {
    queue = open();
    query("CREATE TABLE t (n INTEGER)");
  }

  @AfterEach
  void closeQueue() {
    if (queue != null) {
      queue.close();
    }
  }

  private final class Recorder implements QueueHandler {
    @Override
    public String operation() {
      return "h";
    }

    @Override
    public Object handle(QueueTask task) throws Exception {
      handled.add(String.valueOf(task.payload()));
      if (fails) {
        throw new IllegalStateException("as the test wants");
      }
      return "did " + task.payload();
    }
  }

  WorkerOptions options() {
    return WorkerOptions.of(workerDirectory())
        .handler(new Recorder())
        .readTimeout(Duration.ofMillis(500));
  }

  /** Executes what waits. */
  void once() {
    once(queue.worker(options().once(true)));
  }

  private static void once(QueueWorker worker) {
    try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
      loop.run(worker::run);
    }
  }

  private void configure(String toml) throws Exception {
    Files.createDirectories(workerDirectory());
    Files.writeString(workerDirectory().resolve("queue.toml"), toml);
  }

  @Test
  void shouldExecuteAndTellOfTheEnd() throws Exception {
    // A pause is between 0 and this: each of them is not to be over at the end of once().
    configure("[queue]\nretries = 100\nbackoff_seconds = 600\nbackoff_max_seconds = 600\n");
    Enqueued sql = queue.enqueue(Job.sql("SELECT 1 + ? AS two", 1).keepResult());
    Enqueued other = queue.enqueue(Job.of("h", "x").keepResult());
    Enqueued bad = queue.enqueue(Job.sql("nonsense").id("bad"));
    assertThat(sql.end()).isEmpty();
    assertThat(queue.operations().counts().pending()).isEqualTo(3);
    once();
    assertThat(sql.await(HANG_LIMIT).orElseThrow().resultJson()).contains("\"two\":2");
    assertThat(other.await(HANG_LIMIT).orElseThrow().result()).isEqualTo("did x");
    assertThat(bad.end()).isEmpty(); // it is tried again
    assertThat(queue.operations().counts().completed()).isEqualTo(2);
    assertThat(queue.operations().find("bad").orElseThrow().place()).isEqualTo(Place.DELAYED);
  }

  @Test
  void shouldExecuteAnIdOnceHoweverOftenItIsEnqueued() {
    for (int i = 0; i < 3; i++) {
      queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
      queue.enqueue(Job.of("h", "same").id("same h"));
    }
    once();
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("same"));
    queue.enqueue(Job.of("h", "same").id("same h"));
    once();
    assertThat(query("SELECT n FROM t")).containsExactly("1");
    assertThat(handled).containsExactly("same");
    assertThat(queue.operations().counts().pending()).isZero();
  }

  @Test
  void shouldServeByPriorityThenInOrder() throws Exception {
    configure("[queue]\nbatch = 1\n");
    for (int i = 0; i < 3; i++) {
      queue.enqueue(Job.sql("INSERT INTO t VALUES (?)", 90 + i).priority(9));
      queue.enqueue(Job.sql("INSERT INTO t VALUES (?)", 10 + i).priority(1));
    }
    queue.enqueue(Job.sql("INSERT INTO t VALUES (0)").priority(10));
    once();
    assertThat(query("SELECT n FROM t ORDER BY " + insertOrder()))
        .containsExactly("10", "11", "12", "90", "91", "92", "0");
  }

  /** A column that says in which order rows came. */
  abstract String insertOrder();

  @Test
  void shouldRetryThenGiveUpThenBeRetriedByHand() throws Exception {
    configure("[queue]\nretries = 1\nbackoff_seconds = 0\nbackoff_max_seconds = 0\n");
    fails = true;
    queue.enqueue(Job.of("h", "x").id("x"));
    for (int i = 0; i < 20 && !isAt("x", Place.FAILED); i++) {
      once();
    }
    assertThat(handled).hasSize(2);
    Inspection.Item item = queue.operations().find("x").orElseThrow();
    assertThat(item.error()).contains("as the test wants");
    assertThat(queue.operations().search(List.of(Place.FAILED), "test wants", 9)).hasSize(1);
    assertThat(queue.operations().search(List.of(Place.FAILED), "other", 9)).isEmpty();
    assertThat(queue.operations().findings()).anyMatch(each -> each.contains("given up"));
    fails = false;
    assertThat(queue.operations().retry("x")).isTrue();
    assertThat(queue.operations().retry("x")).isFalse();
    once();
    assertThat(isAt("x", Place.COMPLETED)).isTrue();
  }

  private boolean isAt(String id, Place place) {
    Optional<Inspection.Item> item = queue.operations().find(id);
    return item.isPresent() && item.get().place() == place;
  }

  @Test
  void shouldWaitForItsTimeUnlessItIsDiscardedOrPulledForward() {
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id("a").in(Duration.ofHours(1)));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (2)").id("b").in(Duration.ofHours(1)));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (3)").id("c").in(Duration.ofMillis(-1)));
    once();
    assertThat(query("SELECT n FROM t")).containsExactly("3");
    assertThat(queue.operations().counts().delayed()).isEqualTo(2);
    assertThat(queue.operations().discard("a")).isTrue();
    assertThat(queue.operations().discard("a")).isFalse();
    assertThat(queue.operations().retry("b")).isTrue();
    once();
    assertThat(query("SELECT n FROM t ORDER BY n")).containsExactly("2", "3");
  }

  @Test
  void shouldHaveOneOfAUniqueKeyAtATime() {
    Job job = Job.sql("INSERT INTO t VALUES (1)").uniqueKey("k");
    queue.enqueue(job);
    assertThatThrownBy(() -> queue.enqueue(job)).isInstanceOf(DuplicateJobException.class);
    once();
    queue.enqueue(job);
    once();
    assertThat(query("SELECT n FROM t")).containsExactly("1", "1");
  }

  @Test
  void shouldBeginNothingWhileItIsPaused() {
    queue.operations().pause("h");
    queue.enqueue(Job.of("h", "x"));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)"));
    once();
    assertThat(handled).isEmpty();
    assertThat(query("SELECT n FROM t")).containsExactly("1");
    queue.operations().pause("");
    assertThat(queue.operations().isPaused()).isTrue();
    assertThat(queue.operations().resume("h")).isTrue();
    assertThat(queue.operations().resume("h")).isFalse();
    once();
    assertThat(handled).isEmpty();
    assertThat(queue.operations().resume("")).isTrue();
    once();
    assertThat(handled).containsExactly("x");
  }

  @Test
  void shouldEnqueueTheCallbackOfABatchOnceWhateverItsEntriesCameTo() throws Exception {
    configure("[queue]\nretries = 0\n");
    queue.openBatch("b", 4, Job.of("h", "callback"));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b"));
    queue.enqueue(Job.sql("nonsense").batch("b"));
    queue.enqueue(Job.of("h", "in batch").batch("b"));
    once();
    assertThat(handled).containsExactly("in batch");
    queue.enqueue(Job.sql("INSERT INTO t VALUES (2)").batch("b").id("last"));
    once();
    once();
    assertThat(handled).containsExactly("in batch", "callback");
  }

  @Test
  void shouldEndABatchOfWhichEntriesAreDuplicatesOrDiscarded() throws Exception {
    queue.openBatch("b", 3, Job.of("h", "callback"));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b").id("same"));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b").id("same"));
    queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").batch("b").id("gone"));
    assertThat(queue.operations().discard("gone")).isTrue();
    once();
    once();
    assertThat(handled).containsExactly("callback");
  }

  @Test
  void shouldExecuteWhatAnEntryOfHandlersEnqueues() {
    QueueHandler chain =
        new QueueHandler() {
          @Override
          public String operation() {
            return "chain";
          }

          @Override
          public Object handle(QueueTask task) {
            queue.enqueue(Job.sql("INSERT INTO t VALUES (7)"));
            return "";
          }
        };
    queue.enqueue(Job.of("chain", "x"));
    once(queue.worker(options().handler(chain).once(true)));
    assertThat(query("SELECT n FROM t")).containsExactly("7");
  }

  /** Goes on though its thread is interrupted, as bad ones do. */
  public static final class Hangs implements QueueHandler {
    static volatile CountDownLatch end = new CountDownLatch(0);

    @Override
    public String operation() {
      return "hangs";
    }

    @Override
    public Object handle(QueueTask task) {
      while (end.getCount() > 0) {
        try {
          end.await();
        } catch (InterruptedException e) {
          // it does not listen
        }
      }
      return "";
    }
  }

  /** Its first call does something, and ends when it is interrupted, once it has undone that. */
  public static final class Undoes implements QueueHandler {
    static final AtomicInteger CALLS = new AtomicInteger();
    static volatile Runnable first = () -> {};
    static volatile Runnable undo = () -> {};

    @Override
    public String operation() {
      return "undoes";
    }

    @Override
    public Object handle(QueueTask task) {
      if (CALLS.incrementAndGet() == 1) {
        first.run();
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          undo.run();
        }
      }
      return "";
    }
  }

  /** Works once; the first call of "undoes" runs this, and ends some time behind its timeout. */
  void onceWithALateEnd(Runnable first) throws Exception {
    configure(
        "[handlers.undoes]\nkind = \"java\"\nclass = \""
            + Undoes.class.getName()
            + "\"\nconcurrency = 1\ntimeout_seconds = 2.5\nretries = 0\n"); // enough for the quick
    CountDownLatch isEnded = new CountDownLatch(1);
    Undoes.CALLS.set(0);
    Undoes.first = first;
    Undoes.undo =
        () -> {
          WorkerRig.await("it is noted", () -> queue.operations().counts().failed() == 1);
          try {
            boolean _ = isEnded.await(200, TimeUnit.MILLISECONDS); // by then a hasty worker has
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    once();
    isEnded.countDown();
  }

  @Test
  void shouldGoOnBehindACallThatTakesItsTimeToEndAfterItsTimeout() throws Exception {
    queue.openBatch("same shard", 2, Job.sql("SELECT 1"));
    queue.enqueue(Job.of("undoes", 1).batch("same shard"));
    queue.enqueue(Job.of("undoes", 2).batch("same shard"));
    onceWithALateEnd(() -> {});
    assertThat(Undoes.CALLS).hasValue(2);
    assertThat(queue.operations().counts().failed()).isEqualTo(1);
    assertThat(queue.operations().counts().pending()).isZero();
  }

  /** What waits for the place that it keeps is not failed for that. */
  @Test
  void shouldEndThoughAHandlerHangs() throws Exception {
    Hangs.end = new CountDownLatch(1);
    configure(
        "[handlers.hangs]\nkind = \"java\"\nclass = \""
            + Hangs.class.getName()
            + "\"\nconcurrency = 1\ntimeout_seconds = 1\nretries = 0\n");
    try {
      queue.openBatch("same shard", 3, Job.sql("SELECT 1"));
      for (int i = 0; i < 3; i++) {
        queue.enqueue(Job.of("hangs", i).batch("same shard"));
      }
      queue.enqueue(Job.of("h", "x"));
      once();
    } finally {
      Hangs.end.countDown();
    }
    assertThat(handled).containsExactly("x");
    assertThat(queue.operations().counts().failed()).isEqualTo(1);
    assertThat(queue.operations().counts().pending()).isEqualTo(2);
  }

  @Test
  void shouldComeBackToWhatWasPutOffForAnotherOneOfItsId() throws Exception {
    for (int i = 0; i < 3; i++) {
      queue.enqueue(Job.of("h", "x").id("same"));
    }
    once();
    assertThat(handled).containsExactly("x");
    assertThat(queue.operations().counts().pending()).isZero();
    assertThat(queue.operations().counts().delayed()).isZero();
  }
}
