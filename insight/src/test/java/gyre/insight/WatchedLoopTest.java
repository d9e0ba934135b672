package gyre.insight;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Scope;
import gyre.Task;
import gyre.insight.StallReport.Cause;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.spi.Internals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Looks at chosen moments: what runs calls them itself, with the time that they are to have. */
@Timeout(180)
class WatchedLoopTest {
  private static final long MILLI = 1_000_000;
  private static final int ATTEMPTS = 1000;

  @TempDir private Path noMachine = Path.of("");
  private StallLog log = new StallLog();
  private Sampler sampler = new Sampler(Machine.below(noMachine));
  private List<StallReport> toldAtFirst = List.of();
  private boolean isDelayed;
  private long stallsAtLook;
  private long stallsAtEnd;

  private interface Scene {
    void play(WatchedLoop watched, Probe probe) throws Exception;
  }

  private static boolean isOf(String frame, String method) {
    return frame.contains("WatchedLoopTest." + method);
  }

  /** A busy machine may add stalls of its own: what is asked for is the last one, or a frame. */
  private List<StallReport> watch(Scene scene) {
    sampler = new Sampler(Machine.below(noMachine));
    sampler.looks(0, true);
    sampler.looks(0, true); // what was collected before the scene is none of it
    long collectedNanos = sampler.collectedTotalNanos();
    try (Loop loop = Loop.open(LoopOptions.defaults().name("scene"))) {
      Probe probe = Objects.requireNonNull(Internals.probe(loop));
      WatchedLoop watched = new WatchedLoop(loop, probe, log, sampler);
      loop.run(() -> scene.play(watched, probe));
      stallsAtEnd = probe.get(Counter.STALLS);
      isDelayed |= sampler.collectedTotalNanos() - collectedNanos > 2 * MILLI;
      watched.look(System.nanoTime());
      return log.all();
    }
  }

  /**
   * Until the machine has held up nobody: neither the innocent one, which would be a stall of its
   * own, nor a turn between its begin and that of what runs in it.
   */
  private List<StallReport> watchUndisturbed(Scene scene) {
    List<StallReport> told = List.of();
    for (int i = 0; i < ATTEMPTS && (i == 0 || isDisturbed()); i++) {
      log = new StallLog();
      stallsAtLook = 0;
      isDelayed = false;
      told = watch(scene);
    }
    return told;
  }

  private boolean isDisturbed() {
    return isDelayed || stallsAtEnd != stallsAtLook;
  }

  /** In turns that follow each other, as fast as they can. */
  private static void inTurns(Task... tasks) {
    for (Task task : tasks) {
      Fiber.yield();
      try (Scope scope = Scope.open("turn")) {
        Fiber<?> fiber = scope.start(task);
        fiber.join();
      }
    }
  }

  /** Who looks comes late himself: he was not let run either. */
  private void lookLate(WatchedLoop watched, Probe probe, long millis, long lateMillis) {
    sampler.sleeps(0);
    sampler.looks(System.nanoTime() + lateMillis * MILLI, true);
    lookAfter(watched, probe, millis);
    sampler.looks(0, true);
  }

  /** Nothing is known yet of what it did before, but that both may have been held up. */
  @Test
  void shouldNotBlameWhatWasSeenTooLateOnly() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> {
              plant(probe, 0, 0);
              lookLate(watched, probe, 30, 10);
              toldAtFirst = log.all();
              lookAfter(watched, probe, 38);
            }));
    assertThat(toldAtFirst).isEmpty();
    assertThat(told).hasSize(1);
  }

  /** Who slept, and is woken as the turn begins, does not know that he was not let run at once. */
  @Test
  void shouldNotBlameWhatWasSeenTooLateOnlyByWhoWasWoken() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> {
              plant(probe, 0, 0);
              lookAfter(watched, probe, 40);
              toldAtFirst = log.all();
              lookAfter(watched, probe, 48);
            }));
    assertThat(toldAtFirst).isEmpty();
    assertThat(told).hasSize(1);
  }

  private void lookAfter(WatchedLoop watched, Probe probe, long millis) {
    isDelayed |= probe.itemSinceNanos() - probe.turnSinceNanos() > 2 * MILLI;
    watched.look(probe.turnSinceNanos() + millis * MILLI);
  }

  private static void stall(Probe probe) {
    long end = System.nanoTime() + probe.stallLimitNanos() + 5 * MILLI;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }

  private void guilty(WatchedLoop watched, Probe probe, long millis) {
    lookAfter(watched, probe, millis);
    stall(probe);
  }

  private void innocent(WatchedLoop watched, Probe probe) {
    stallsAtLook = probe.get(Counter.STALLS);
    lookAfter(watched, probe, 8);
  }

  @Test
  void shouldTellTheLineOfWhatRunsForLong() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> {
              lookAfter(watched, probe, 8);
              lookAfter(watched, probe, 26);
            }));
    assertThat(told.getLast().cause()).isEqualTo(Cause.JAVA);
    assertThat(told.getLast().stack()).anyMatch(frame -> isOf(frame, "lookAfter"));
    assertThat(told.getLast().loopNumber()).isPositive();
  }

  /** The turn is old, and what runs in it has only begun. */
  @Test
  void shouldNotBlameWhoHappensToRun() {
    List<StallReport> told =
        watch((watched, probe) -> {
          inTurns(() -> {
            Fiber<?> first = Fiber.start(() -> stall(probe));
            Fiber<?> second =
                Fiber.start(() -> {
                  watched.look(probe.itemSinceNanos() + MILLI);
                  watched.look(probe.itemSinceNanos() + 8 * MILLI);
                });
            first.join();
            second.join();
          });
        });
    assertThat(told.getLast().cause()).isEqualTo(Cause.MANY);
    assertThat(told.getLast().place()).isEmpty();
    assertThat(told.getLast().subject()).isEqualTo("the loop itself");
  }

  /** What the scheduler tells of the thread of the loop, in place of the machine. */
  private void plant(Probe probe, long ranMillis, long waitedMillis) throws IOException {
    Path thread =
        noMachine.resolve("proc/" + ProcessHandle.current().pid() + "/task/" + probe.thread());
    Path folder = Files.createDirectories(thread);
    Files.writeString(folder.resolve("stat"), "1 (loop) R 0");
    Files.writeString(
        folder.resolve("schedstat"), ranMillis * MILLI + " " + waitedMillis * MILLI + " 1");
  }

  @Test
  void shouldBlameTheCodeThatGoesOnAfterItWasNotLetRun() {
    List<StallReport> told =
        watch((watched, probe) ->
            inTurns(() -> {
              plant(probe, 0, 0);
              lookAfter(watched, probe, 7);
              plant(probe, 0, 20);
              lookAfter(watched, probe, 27);
              assertThat(log.all().getLast().cause()).isEqualTo(Cause.PREEMPTED);
              plant(probe, 30, 23);
              lookAfter(watched, probe, 60);
            }));
    assertThat(told.getLast().cause()).isEqualTo(Cause.JAVA);
    assertThat(told.getLast().stack()).anyMatch(frame -> isOf(frame, "lookAfter"));
  }

  @Test
  void shouldBlameTheCodeThatGoesOnAfterAllWereStopped() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> {
              plant(probe, 0, 0);
              lookAfter(watched, probe, 8);
              lookLate(watched, probe, 108, 100);
              lookAfter(watched, probe, 130);
              toldAtFirst = log.all();
              lookAfter(watched, probe, 146);
            }));
    assertThat(toldAtFirst.getLast().cause()).as("not for long").isEqualTo(Cause.PAUSE);
    assertThat(told.getLast().cause()).isEqualTo(Cause.JAVA);
  }

  /** It was seen running, and was then kept from running until it was over. */
  @Test
  void shouldNotBlameWhatWasNotLetRunUntilItWasOver() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(
                () -> {
                  plant(probe, 0, 0);
                  guilty(watched, probe, 8);
                  plant(probe, 1, 10_000);
                },
                () -> innocent(watched, probe)));
    assertThat(told)
        .filteredOn(stall -> stall.cause() == Cause.PREEMPTED)
        .extracting(StallReport::detail)
        .singleElement(as(STRING))
        .startsWith("ready to run for 10 s of ");
    assertThat(told).allMatch(stall -> stall.place().isEmpty());
  }

  /** It is over when the next turn is looked at, whose stack says nothing about it. */
  @Test
  void shouldNotTakeTheStackOfALaterTurnForAStallThatNobodySaw() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> guilty(watched, probe, 1), () -> innocent(watched, probe)));
    assertThat(told).extracting(StallReport::cause).contains(Cause.UNSEEN);
    assertThat(told).flatExtracting(StallReport::stack).noneMatch(frame -> isOf(frame, "innocent"));
  }

  @Test
  void shouldUseTheStackThatWasTakenInTimeThoughAnotherTurnHasBegun() {
    List<StallReport> told =
        watchUndisturbed((watched, probe) ->
            inTurns(() -> guilty(watched, probe, 8), () -> innocent(watched, probe)));
    assertThat(told).flatExtracting(StallReport::stack).anyMatch(frame -> isOf(frame, "guilty"));
  }

  @Test
  void shouldEndTheStallThatItsLoopEndsIn() {
    List<StallReport> told =
        watch((watched, probe) ->
            inTurns(() -> {
              lookAfter(watched, probe, 8);
              lookAfter(watched, probe, 26);
              watched.end();
            }));
    assertThat(told.getLast().endedNanos()).isNotZero();
  }
}
