package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.FiberMode;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Task;
import gyre.insight.StallReport.Cause;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Planted stalls: each ends when its report has arrived. */
@Timeout(180)
class WatchdogTest {
  private static final long PID = ProcessHandle.current().pid();

  /** A loop on a thread of its own, that is held up until this test lets it go on. */
  private static Thread run(String name, Task main) {
    return Thread.ofPlatform()
        .start(() -> {
          try (Loop loop = Loop.open(LoopOptions.defaults().name(name))) {
            loop.run(main);
          }
        });
  }

  private static StallReport await(Predicate<StallReport> wanted) throws InterruptedException {
    while (true) {
      try {
        for (StallReport report : Control.stalls(PID)) {
          if (wanted.test(report)) {
            return report;
          }
        }
      } catch (IOException e) {
        // The loop is not open yet.
      }
      Thread.sleep(1);
    }
  }

  /** One that goes on: it is looked into again and again, on a busy machine till that is right. */
  private static StallReport awaitOf(String loop, Cause cause) throws InterruptedException {
    return await(report ->
        report.loop().equals(loop) && report.endedNanos() == 0 && report.cause() == cause);
  }

  @Test
  void shouldTellWhichLineComputesWhileItDoes() throws Exception {
    CompletableFuture<Boolean> isTold = new CompletableFuture<>();
    Thread loop =
        run(
            "computes",
            () -> {
              Fiber<?> busy = Fiber.start("busy", () -> computeUntil(isTold));
              busy.join();
            });
    StallReport report = awaitOf("computes", Cause.JAVA);
    assertThat(report.endedNanos()).as("it goes on").isZero();
    isTold.complete(true);
    loop.join();
    assertThat(report.subject()).isEqualTo("fiber busy");
    assertThat(report.kind()).isEqualTo("fiber");
    assertThat(report.place()).contains("WatchdogTest.computeUntil");
    assertThat(report.scopes()).contains("main", "computes");
  }

  private static void computeUntil(CompletableFuture<Boolean> isTold) {
    while (!isTold.isDone()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldTellTheTimerWhoseCallbackComputes() throws Exception {
    CompletableFuture<Boolean> isTold = new CompletableFuture<>();
    Thread loop =
        run(
            "timed",
            () -> {
              gyre.Timer timer = Loop.current().after(Duration.ZERO, () -> computeUntil(isTold));
              timer.rename("hourly");
            });
    StallReport report =
        await(r -> r.loop().equals("timed") && r.kind().equals("timer") && r.cause() == Cause.JAVA);
    isTold.complete(true);
    loop.join();
    assertThat(report.subject()).isEqualTo("the callback of hourly");
    assertThat(report.place()).contains("WatchdogTest.computeUntil");
  }

  @Test
  void shouldTellACallThatWaitsInTheKernel() throws Exception {
    Process other = new ProcessBuilder("cat").start();
    try (OutputStream toOther = other.getOutputStream();
        InputStream fromOther = other.getInputStream()) {
      Thread loop =
          run(
              "native",
              () -> {
                int ignored = fromOther.read();
              });
      StallReport report = awaitOf("native", Cause.NATIVE);
      toOther.write('x');
      toOther.flush();
      loop.join();
      assertThat(report.detail()).contains("read");
      assertThat(report.place()).contains("WatchdogTest");
    } finally {
      Process ignored = other.destroyForcibly();
    }
  }

  /** Initializers of classes pin: only so can a lock hold up a loop. */
  @Test
  void shouldTellALockThatKeepsTheThread() throws Exception {
    Pinned.LOCK.lock();
    try {
      Thread loop =
          run(
              "locked",
              () -> {
                if (Loop.current().fiberMode() == FiberMode.NATIVE) {
                  assertThat(Pinned.Initializer.VALUE).isEqualTo(1);
                }
              });
      StallReport report = awaitOf("locked", Cause.LOCK);
      Pinned.LOCK.unlock();
      loop.join();
      assertThat(report.place()).contains("Pinned$Initializer.<clinit>");
    } finally {
      if (Pinned.LOCK.isHeldByCurrentThread()) {
        Pinned.LOCK.unlock();
      }
    }
  }

  private static final class Pinned {
    static final ReentrantLock LOCK = new ReentrantLock();

    @SuppressWarnings("LockNotBeforeTry") // nothing can go wrong between
    static final class Initializer {
      static final int VALUE;

      static {
        LOCK.lock();
        LOCK.unlock();
        VALUE = 1;
      }
    }
  }

  /** What a full collection looks at, so that it takes longer than the limit. */
  private static final class Hoard {
    private static final long COLLECTION_NANOS = 60_000_000;
    private static final int PIECES_MAX = 100;
    private static final int LISTS = 250_000;

    private final List<Object[]> pieces = new ArrayList<>();

    /** Where one was over too soon to be a stall, the next one has more to do. */
    void collect() {
      long began = System.nanoTime();
      System.gc();
      if (System.nanoTime() - began < COLLECTION_NANOS && pieces.size() < PIECES_MAX) {
        pieces.add(lists());
      }
    }

    private static Object[] lists() {
      Object[] lists = new Object[LISTS];
      for (int i = 0; i < lists.length; i++) {
        lists[i] = new Object[] {i, lists[i / 2]};
      }
      return lists;
    }
  }

  @Test
  void shouldNotBlameCodeForCollectionsOfGarbage() throws Exception {
    CompletableFuture<Boolean> isTold = new CompletableFuture<>();
    Thread loop =
        run(
            "collected",
            () -> {
              Hoard hoard = new Hoard();
              while (!isTold.isDone()) {
                hoard.collect();
                Fiber.sleep(Duration.ofMillis(20)); // else hardly anybody gets to look or ask
              }
            });
    try {
      StallReport report = await(r -> r.loop().equals("collected") && r.cause() == Cause.GC);
      assertThat(report.cause().isItsOwn()).isFalse();
      assertThat(report.detail()).contains("collections took");
    } finally {
      isTold.complete(true);
      loop.join();
    }
  }

  @Test
  void shouldDumpALoopThatIsStuckAndOneThatIsNot() throws Exception {
    CompletableFuture<Boolean> isTold = new CompletableFuture<>();
    CompletableFuture<Boolean> isOver = new CompletableFuture<>();
    Thread stuck = run("stuck", () -> computeUntil(isTold));
    Thread well =
        run(
            "well",
            () -> {
              Fiber<?> waits =
                  Fiber.start(
                      "waits",
                      () -> {
                        boolean ignored = Fiber.await(isOver);
                      });
              waits.join();
            });
    StallReport ignored = awaitOf("stuck", Cause.JAVA);
    String dump = Control.dump(PID);
    while (!dump.contains("fiber waits [PARKED]")) {
      dump = Control.dump(PID);
    }
    isTold.complete(true);
    isOver.complete(true);
    stuck.join();
    well.join();
    assertThat(dump).contains("!! it does not answer").contains("WatchdogTest.computeUntil");
    assertThat(dump).contains("woken by the end of fiber waits");
  }

  @Test
  void shouldRecordStallsForTheFlightRecorder() throws Exception {
    CompletableFuture<Boolean> isTold = new CompletableFuture<>();
    CompletableFuture<String> recorded = new CompletableFuture<>();
    CompletableFuture<String> recordedAnew = new CompletableFuture<>();
    try (RecordingStream recording = new RecordingStream()) {
      recording.enable("gyre.Stall");
      recording.onEvent(
          "gyre.Stall",
          event -> {
            if (event.getString("stack").contains("computeUntil")) {
              boolean _ =
                  switch (event.getString("loop")) {
                    case "recorded" -> recorded.complete(event.getString("subject"));
                    case "planted" -> recordedAnew.complete(event.getString("place"));
                    default -> false;
                  };
            }
          });
      recording.startAsync();
      Thread loop = run("recorded", () -> computeUntil(isTold));
      try {
        turnsOutToBeItsOwn();
        assertThat(recorded.get()).isEqualTo("fiber main");
        assertThat(recordedAnew.get()).contains("computeUntil");
      } finally {
        isTold.complete(true);
      }
      loop.join();
    }
  }

  /** A stall that is taken for the machine's doing at first, before it has a stack. */
  private static void turnsOutToBeItsOwn() {
    StallLog log = new StallLog();
    StallReport early = planted(Cause.PREEMPTED, List.of());
    log.add(early);
    log.replace(early, planted(Cause.JAVA, List.of("shop.Shop.computeUntil(Shop.java:17)")));
  }

  private static StallReport planted(Cause cause, List<String> stack) {
    return new StallReport(
        "planted", 1, "fiber", "fiber main", List.of(), 1, 0, 30_000_001, cause, "", stack);
  }

  @Test
  void shouldTraceWhatRuns() throws Exception {
    CompletableFuture<Boolean> isOver = new CompletableFuture<>();
    Thread loop =
        run(
            "traced",
            () -> {
              while (!isOver.isDone()) {
                Fiber.sleep(Duration.ofMillis(1));
              }
            });
    StringBuilder events = new StringBuilder();
    while (events.indexOf("\"cat\":\"fiber\"") < 0) {
      try {
        Control.trace(PID, 0.05, "", line -> events.append(line).append('\n'));
      } catch (IOException e) {
        // The loop is not open yet.
      }
    }
    isOver.complete(true);
    loop.join();
    assertThat(events).contains("\"name\":\"traced\"").contains("\"ph\":\"X\"");
  }
}
