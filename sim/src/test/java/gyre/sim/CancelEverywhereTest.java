package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gyre.Fiber;
import gyre.Scope;
import gyre.WaitPoint;
import gyre.io.IoException;
import gyre.sim.scenario.Drill;
import gyre.sim.scenario.Drills;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What waits is cut short at each of its parks, and what must hold holds. */
@Timeout(240)
class CancelEverywhereTest {
  /** By the commit's number a drill has one pair of cuts or the other, unless all are asked for. */
  private static final long COMMIT = Long.getLong("gyre.sim.commit", 1);

  private static final boolean ALL = System.getProperty("gyre.sim.drills", "").equals("all");

  /** Which use handles that somebody else may close. */
  private static final List<String> CLOSABLE =
      List.of("echo", "bulk", "datagrams", "pool-tcp", "messages", "names");

  /** Which may begin anew, on the same disk or with the same peers. */
  private static final List<String> CRASHABLE =
      List.of("durable-replace", "file-streams", "pool-tcp", "messages", "names");

  /** Some fiber was cut in each of them. */
  private static CutReport checkAll(Drill drill, Cut cut, Cut... more) {
    CutReport report =
        CancelEverywhere.of(drill::build)
            .cuts(cut, more)
            .mostParks(150)
            .excusing(IoException.class::isInstance)
            .check();
    assertThat(report.struck()).as(drill.name()).isPositive();
    return report;
  }

  /** Every other drill, from the first or the second on: other commits have the others. */
  private static Stream<Drill> chosen(int first) {
    List<Drill> drills = Drills.all();
    return drills.stream()
        .filter(drill -> ALL || Math.floorMod(drills.indexOf(drill) + COMMIT, 2) == first);
  }

  @TestFactory
  Stream<DynamicTest> shouldHoldWhereverItIsCancelled() {
    return chosen(0)
        .map(drill -> dynamicTest(drill.name(), () -> checkAll(drill, Cut.CANCEL, Cut.DEADLINE)));
  }

  @TestFactory
  Stream<DynamicTest> shouldHoldWhereverItsScopeOrItsLoopEnds() {
    return chosen(1)
        .map(
            drill -> dynamicTest(drill.name(), () -> checkAll(drill, Cut.END_SCOPE, Cut.SHUTDOWN)));
  }

  @TestFactory
  Stream<DynamicTest> shouldHoldWhereverItsHandleIsClosed() {
    return Drills.all().stream()
        .filter(drill -> CLOSABLE.contains(drill.name()))
        .map(drill -> dynamicTest(drill.name(), () -> checkAll(drill, Cut.CLOSE_HANDLE)));
  }

  @TestFactory
  Stream<DynamicTest> shouldHoldWhereverItsHostCrashes() {
    return Drills.all().stream()
        .filter(drill -> CRASHABLE.contains(drill.name()))
        .map(drill -> dynamicTest(drill.name(), () -> checkAll(drill, Cut.CRASH)));
  }

  // ---- what it finds

  /**
   * Gives an item to the fiber that has waited for longest, which is wrong: if that is cancelled
   * before it goes on, the item is lost, and somebody else may have been waiting for it.
   */
  private static final class Careless extends WaitPoint {
    private final Map<Fiber<?>, Integer> given = new HashMap<>();

    void give(int item) {
      Fiber<?> first = firstFiber();
      if (first != null) {
        given.put(first, item);
        wakeFirst();
      }
    }

    int take() {
      Fiber.await(this);
      return Objects.requireNonNull(given.remove(Fiber.current()));
    }

    @Override
    public boolean isReady() {
      return given.containsKey(Fiber.current());
    }

    @Override
    public String doing() {
      return "waiting for an item";
    }
  }

  private static void takeAll(World world) {
    Careless items = new Careless();
    List<Integer> taken = new ArrayList<>();
    WaitPoint all =
        new WaitPoint() {
          @Override
          public boolean isReady() {
            return taken.size() == 6;
          }

          @Override
          public String doing() {
            return "waiting for all items to be taken";
          }
        };
    world
        .host("host")
        .run(() -> {
          try (Scope scope = Scope.open("all")) {
            for (int i = 0; i < 3; i++) {
              Drill.alone(scope, "taker-" + i, () -> takeForever(items, taken, all));
            }
            for (int i = 0; i < 6; i++) {
              Fiber.sleep(Duration.ofMillis(1));
              items.give(i);
            }
            Fiber.await(all);
          }
        });
  }

  private static void takeForever(Careless items, List<Integer> taken, WaitPoint all) {
    while (true) {
      taken.add(items.take());
      all.wakeAll();
    }
  }

  @Test
  void shouldTellWhereAFiberWasCutThatOthersWaitForInVain() {
    assertThatThrownBy(() -> CancelEverywhere.of(CancelEverywhereTest::takeAll).check())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("fiber taker-")
        .hasMessageContaining("waiting for all items to be taken")
        .hasMessageContaining("-Dgyre.sim.cut=1:")
        .hasMessageContaining("nothing can happen any more");
  }

  @Test
  void shouldHaveAFailureAgainByWhatItSays() {
    CancelEverywhere everywhere = CancelEverywhere.of(CancelEverywhereTest::takeAll);
    SimulationFailure found = catchFailure(everywhere::check);
    String message = String.valueOf(found.getMessage());
    String cut = message.substring(message.indexOf("replay(\"") + 8, message.lastIndexOf('"'));

    SimulationFailure again = catchFailure(() -> everywhere.replay(cut));

    assertThat(again.kind()).isEqualTo(found.kind());
    assertThat(SimulationFailure.shape(again)).isEqualTo(SimulationFailure.shape(found));
    assertThat(ParkCut.parse(cut)).hasToString(cut);
  }

  private static SimulationFailure catchFailure(Runnable failing) {
    try {
      failing.run();
    } catch (SimulationFailure failure) {
      return failure;
    }
    throw new AssertionError("it did not fail");
  }

  @Test
  void shouldCutEachParkOnceAndNoMore() {
    List<Integer> rounds = new ArrayList<>();
    CutReport report =
        CancelEverywhere.of(
                world -> {
                  int[] slept = {0};
                  world
                      .host("host")
                      .run(() -> {
                        try (Scope scope = Scope.open("all")) {
                          Drill.alone(scope, "sleeper", () -> sleepFiveTimes(slept));
                          scope.join();
                        } finally {
                          rounds.add(slept[0]);
                        }
                      });
                })
            .cuts(Cut.CANCEL)
            .fibers("sleeper")
            .check();

    assertThat(report.parks()).isEqualTo(10);
    assertThat(report.struck()).isEqualTo(10);
    // Twice as it is, and then cut in each sleep, before and after its end.
    assertThat(rounds).containsExactly(5, 5, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4);
  }

  private static void sleepFiveTimes(int[] slept) {
    while (slept[0] < 5) {
      Fiber.sleep(Duration.ofMillis(1));
      slept[0]++;
    }
  }

  @Test
  void shouldCountAnAssertionThatACancellationHides() {
    assertThatThrownBy(() ->
            CancelEverywhere.of(world ->
                    world
                        .host("host")
                        .run(() -> {
                          try {
                            Fiber.sleep(Duration.ofSeconds(1));
                          } catch (gyre.CancelledException e) {
                            e.addSuppressed(new AssertionError("hidden"));
                            throw e;
                          }
                        }))
                .check())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("host failed");
  }

  @Test
  void shouldRefuseWhatIsNoCut() {
    assertThatThrownBy(() -> CancelEverywhere.of(_ -> {}).replay("1:2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SEED:PARK:CUT:MOMENT");
    assertThatThrownBy(() -> CancelEverywhere.of(_ -> {}).seeds(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Simulation.seed(1).cutting(0, Cut.CANCEL, CutMoment.PARKED))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
