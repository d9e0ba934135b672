package gyre.sim.hunt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.sim.Simulation;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import gyre.sim.scenario.Scenario;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HuntTest {
  private final StringWriter text = new StringWriter();
  private final HuntReport report = HuntReport.on(new PrintWriter(text, true), false);

  /** One program that sleeps, and does something for its seed. */
  private record Sleeper(String name, LongConsumer action) implements Scenario {
    @Override
    public String description() {
      return "sleeps";
    }

    @Override
    public Simulation simulation(long seed) {
      return Simulation.seed(seed)
          .faults(Faults.none().with(Fault.REORDERED_COMPLETIONS, 0.5))
          .world(world ->
              world
                  .host("bed")
                  .run(() -> {
                    Fiber.sleep(Duration.ofMinutes(1));
                    action.accept(seed);
                  }));
    }
  }

  private static Sleeper failing(String name, long failingFrom) {
    return new Sleeper(
        name,
        seed -> {
          if (seed >= failingFrom) {
            throw new IllegalStateException("seed " + seed + " wakes up");
          }
        });
  }

  @Test
  void shouldRunEverySeedOfEveryScenarioOnce() {
    Set<String> ran = ConcurrentHashMap.newKeySet();
    List<Scenario> scenarios =
        List.of(
            new Sleeper("a", seed -> assertThat(ran.add("a" + seed)).isTrue()),
            new Sleeper("b", seed -> assertThat(ran.add("b" + seed)).isTrue()));

    HuntResult result = Hunt.of(HuntOptions.of(scenarios, 50).from(100).jobs(3)).run(_ -> {});

    assertThat(result.failure()).isEmpty();
    assertThat(result.runs()).isEqualTo(100);
    assertThat(ran).hasSize(100).contains("a100", "b149");
  }

  @Test
  void shouldFindTheSameFailureWithAnyNumberOfJobs() {
    for (int jobs = 1; jobs <= 4; jobs++) {
      List<Scenario> scenarios = List.of(failing("a", 40), failing("b", 30));

      HuntResult result = Hunt.of(HuntOptions.of(scenarios, 1000).jobs(jobs)).run(_ -> {});

      Catch caught = result.failure().orElseThrow();
      assertThat(caught.scenario().name()).as("%d jobs", jobs).isEqualTo("b");
      assertThat(caught.seed()).isEqualTo(30);
      assertThat(result.runs()).isLessThan(70);
    }
  }

  @Test
  void shouldEndWhenItIsStopped() {
    int jobs = 2;
    CountDownLatch begun = new CountDownLatch(jobs + 1); // and so one of the runs is done
    Hunt hunt =
        Hunt.of(
            HuntOptions.of(List.of(new Sleeper("a", seed -> begun.countDown())), Long.MAX_VALUE)
                .jobs(jobs));
    Thread stopper =
        Thread.ofPlatform()
            .start(() -> {
              try {
                begun.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              hunt.stop();
            });

    HuntResult result = hunt.run(_ -> {});

    assertThat(result.isStopped()).isTrue();
    assertThat(result.runs()).isPositive();
    assertThat(stopper).isNotNull();
  }

  /** Two fibers that always have something to do. */
  private static final class Restless implements Scenario {
    private final CountDownLatch begun = new CountDownLatch(1);

    @Override
    public String name() {
      return "restless";
    }

    @Override
    public String description() {
      return "never ends";
    }

    @Override
    public Simulation simulation(long seed) {
      return Simulation.seed(seed)
          .limit(Duration.ofDays(36_500))
          .eventsLimit(Long.MAX_VALUE)
          .world(world ->
              world
                  .host("bed")
                  .run(() -> {
                    begun.countDown();
                    while (true) {
                      Fiber.sleep(Duration.ofMillis(1));
                    }
                  }));
    }
  }

  @Test
  void shouldHaltARunThatDoesNotEnd() {
    Restless scenario = new Restless();
    Hunt hunt = Hunt.of(HuntOptions.of(List.of(scenario), 5).jobs(2));

    HuntResult result =
        hunt.run(_ -> {
          if (scenario.begun.getCount() == 0) {
            hunt.stop();
          }
        });

    assertThat(result.isStopped()).isTrue();
    assertThat(result.runs()).isZero();
    assertThat(result.failure()).isEmpty();
  }

  @Test
  void shouldNotWaitLongForARunWhenItsTimeIsOver() {
    HuntOptions options =
        HuntOptions.of(List.of(new Restless()), 5).jobs(1).time(Duration.ofMillis(50));

    assertThat(report.hunt(Hunt.of(options))).isTrue();
    assertThat(text.toString()).startsWith("no failure in 0 runs of restless");
  }

  @Test
  void shouldTellOfATurnThatDoesNotEnd() {
    AtomicBoolean released = new AtomicBoolean();
    Sleeper scenario =
        new Sleeper(
            "a",
            _ -> {
              while (!released.get()) {
                Thread.onSpinWait();
              }
            });
    // Time enough for the run to begin; it never ends, so that no patience is too little.
    HuntOptions options = HuntOptions.of(List.of(scenario), 5).jobs(1).time(Duration.ofSeconds(1));

    boolean passed = report.hunt(Hunt.impatient(options, Duration.ofMillis(50)));
    released.set(true);

    assertThat(passed).isFalse();
    assertThat(text.toString())
        .startsWith("a: a turn of a loop does not end")
        .contains("replay:  ./gyre sim --seed 1 a\n")
        .contains("1 under way not finished");
  }

  @Test
  void shouldBeginNothingAfterItsTime() {
    HuntOptions options = HuntOptions.of(List.of(failing("a", 1)), 10).time(Duration.ZERO);

    assertThat(Hunt.of(options).run(_ -> {}).runs()).isZero();
  }

  @Test
  void shouldSayHowToHaveAFailureAgain() {
    boolean passed = report.hunt(Hunt.of(HuntOptions.of(List.of(failing("a", 7)), 100)));

    assertThat(passed).isFalse();
    assertThat(text.toString())
        .startsWith("a: seed 7 after PT1M")
        .contains("seed 7 wakes up")
        .contains("    at gyre.sim.hunt.HuntTest")
        .contains("replay:  ./gyre sim --seed 7 a\n")
        .contains("what happened last (all of it: --trace):\n")
        .contains("*** FAILED: bed failed")
        .contains("1 failure in ");
  }

  @Test
  void shouldSumUpWhereNothingIsFound() {
    boolean passed = report.hunt(Hunt.of(HuntOptions.of(List.of(failing("a", 7)), 6).jobs(1)));

    assertThat(passed).isTrue();
    assertThat(text.toString()).startsWith("no failure in 6 runs of a from seed 1 on, 0:0");
  }

  @Test
  void shouldReplayOneSeed() {
    Sleeper scenario = failing("a", 7);

    assertThat(report.replay(scenario, scenario.simulation(6), false, 10)).isTrue();
    assertThat(text.toString()).startsWith("a passes with seed 6: ");
    assertThat(report.replay(scenario, scenario.simulation(7), false, 10)).isFalse();
    assertThat(text.toString()).contains("replay:  ./gyre sim --seed 7 a");
  }

  @Test
  void shouldPrintTheWholeTraceOfOneSeed() {
    Sleeper scenario = failing("a", 7);

    assertThat(report.replay(scenario, scenario.simulation(8), true, 10)).isFalse();

    assertThat(text.toString().lines()).anyMatch(line -> line.contains("*** FAILED: bed failed"));
    assertThat(text.toString().stripTrailing()).endsWith("seed 8 wakes up");
  }

  @Test
  void shouldRefuseAHuntForNothing() {
    assertThatThrownBy(() -> HuntOptions.of(List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
