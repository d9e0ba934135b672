package gyre.sim.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import gyre.Fiber;
import gyre.Loop;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

@Timeout(60)
class SimulationExtensionTest {
  private static final List<Long> RUN = new ArrayList<>();
  private static final List<String> ENGINES = new ArrayList<>();

  @BeforeEach
  void forget() {
    RUN.clear();
    ENGINES.clear();
  }

  /** Its methods fail on purpose, so nobody but the tests here may find it. */
  static final class Example {
    @SimulationTest(seeds = 5, from = 20)
    void passes(Simulation simulation) {
      RUN.add(simulation.seed());
      simulation
          .world(world -> world.host("a").run(() -> Fiber.sleep(Duration.ofSeconds(1))))
          .run();
    }

    @SimulationTest(seeds = 1000)
    void fails(Simulation simulation) {
      RUN.add(simulation.seed());
      simulation
          .faults(Faults.timing())
          .world(world ->
              world
                  .host("a")
                  .run(() -> {
                    Fiber.offload(() -> 1);
                    if (world.seed() == 4) {
                      throw new IllegalStateException("found after " + world.elapsed());
                    }
                  }))
          .run();
    }

    @SimulationTest(seeds = 50)
    void assertsAfterwards(Simulation simulation) {
      List<Integer> done = new ArrayList<>();
      simulation
          .faults(Faults.none().with(Fault.REORDERED_COMPLETIONS, 1))
          .world(world -> world.host("a").run(() -> done.add(1)))
          .run();
      assertThat(done).as("in the test").hasSize(2);
    }

    @SimulationTest(seeds = 2, check = true)
    void isNotDeterministic(Simulation simulation) {
      RUN.add(simulation.seed());
      int sleeps = RUN.size();
      simulation
          .world(world ->
              world
                  .host("a")
                  .run(() -> {
                    for (int i = 0; i < sleeps; i++) {
                      Fiber.sleep(Duration.ofSeconds(1));
                    }
                  }))
          .run();
    }

    @SimulationTest(seeds = 1, engine = WorldEngine.EPOLL)
    void tellsItsEngine(Simulation simulation) {
      simulation
          .world(world -> world.host("a").run(() -> ENGINES.add(Loop.current().engineName())))
          .run();
    }

    @SimulationTest(seeds = 3)
    void skips(Simulation simulation) {
      RUN.add(simulation.seed());
      Assumptions.abort("not here");
    }
  }

  private static EngineExecutionResults run(String method, Map<String, String> properties) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectMethod(Example.class, method, Simulation.class))
        .configurationParameters(properties)
        .execute();
  }

  private static EngineExecutionResults run(String method) {
    return run(method, Map.of());
  }

  private static String message(EngineExecutionResults results) {
    return results.testEvents().failed().stream()
        .map(event -> event.getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class))
        .map(result -> result.getThrowable().orElseThrow().getMessage())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldRunOnceForEachSeed() {
    EngineExecutionResults results = run("passes");

    results.testEvents().assertStatistics(events -> events.started(5).succeeded(5));
    assertThat(RUN).containsExactly(20L, 21L, 22L, 23L, 24L);
    assertThat(results.testEvents().started().stream().map(Event::getTestDescriptor))
        .extracting(descriptor -> descriptor.getDisplayName())
        .contains("seed 20", "seed 24");
  }

  @Test
  void shouldStopAtTheFirstFailure() {
    EngineExecutionResults results = run("fails");

    results.testEvents().assertStatistics(events -> events.started(4).succeeded(3).failed(1));
    assertThat(RUN.stream().mapToLong(Long::longValue).max()).hasValue(4);
  }

  @Test
  void shouldSayHowToHaveItAgain() {
    String message = message(run("fails"));

    assertThat(message)
        .startsWith("seed 4 after ")
        .contains("found after")
        .contains("(3 seeds before it passed)")
        .contains("replay:  -Dtest=Example#fails -Dgyre.sim.seed=4\n")
        .contains("what happened last (all of it: -Dgyre.sim.trace=FILE):\n")
        .contains("*** FAILED: a failed");
  }

  @Test
  void shouldRunJustTheSeedThatIsAskedFor() {
    EngineExecutionResults results = run("fails", Map.of("gyre.sim.seed", "4711"));

    results.testEvents().assertStatistics(events -> events.started(1).succeeded(1));
    assertThat(RUN).containsExactly(4711L);
  }

  @Test
  void shouldReplayAFailure() {
    EngineExecutionResults results =
        run("fails", Map.of("gyre.sim.seed", "4", "gyre.sim.only", "none"));

    results.testEvents().assertStatistics(events -> events.started(1).failed(1));
    assertThat(message(results)).contains("found after").doesNotContain("with just that");
  }

  @Test
  void shouldTakeItsBudgetFromOutside() {
    run("passes", Map.of("gyre.sim.seeds", "2", "gyre.sim.from", "1000"));

    assertThat(RUN).containsExactly(1000L, 1001L);
  }

  @Test
  void shouldShrinkWhatFailsInTheTestItself() {
    String message = message(run("assertsAfterwards"));

    assertThat(message).startsWith("seed 1: ").contains("in the test").contains("replay:  ");
  }

  @Test
  void shouldFindWhatIsNotDeterministic() {
    EngineExecutionResults results = run("isNotDeterministic");

    results.testEvents().assertStatistics(events -> events.started(1).failed(1));
    assertThat(message(results))
        .startsWith("seed 1 is not deterministic: the runs differ from event ")
        .contains("\n  first: ", "\n  second: ", "replay:  ");
  }

  @Test
  void shouldLeaveSkippedSeedsAlone() {
    run("skips").testEvents().assertStatistics(events -> events.started(3).aborted(3).failed(0));
  }

  @Test
  void shouldWriteTheTrace(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("trace.txt");

    String message = message(run("fails", Map.of("gyre.sim.trace", file.toString())));

    assertThat(message).contains("trace: " + file.toAbsolutePath());
    assertThat(Files.readString(file)).contains("*** FAILED: a failed");
  }

  @Test
  void shouldRefuseWrongProperties() {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "gyre.sim.seed", "x",
                "gyre.sim.seeds", "0",
                "gyre.sim.only", "1,b",
                "gyre.sim.kinds", "RAIN")
            .entrySet()) {
      EngineExecutionResults results = run("passes", Map.of(wrong.getKey(), wrong.getValue()));

      Throwable problem =
          catchThrowable(() -> results.allEvents().assertStatistics(events -> events.failed(1)));
      assertThat(problem).as(wrong.toString()).isNull();
      assertThat(RUN).isEmpty();
    }
  }

  @Test
  void shouldHaveTheEngineThatIsAskedFor() {
    run("tellsItsEngine").testEvents().assertStatistics(events -> events.succeeded(1));
    run("tellsItsEngine", Map.of("gyre.sim.engine", "io_uring"))
        .testEvents()
        .assertStatistics(events -> events.succeeded(1));

    assertThat(ENGINES).containsExactly("epoll", "io_uring");
    assertThat(
            run("tellsItsEngine", Map.of("gyre.sim.engine", "kqueue"))
                .containerEvents()
                .failed()
                .count())
        .isOne();
  }
}
