package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.hunt.Hunt;
import gyre.sim.hunt.HuntOptions;
import gyre.sim.hunt.HuntReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * The scenarios with the real engines above a played kernel: a few seeds of each, always the same,
 * since the known ones that fail are not understood yet. Long hunts are {@code ./gyre sim --engine
 * io_uring}.
 */
@Timeout(120)
class KernelScenariosTest {
  private static final long FROM = Long.getLong("gyre.sim.from", 100_000);
  private static final long SEEDS = Long.getLong("gyre.sim.seeds", 3);
  private static final Duration LONGEST = Duration.ofSeconds(20);

  @TestFactory
  Stream<DynamicTest> shouldPassWithAFewSeeds() {
    return Stream.of(WorldEngine.IO_URING, WorldEngine.EPOLL)
        .map(engine -> dynamicTest(engine.label(), () -> assertPasses(Scenarios.on(engine))));
  }

  private static void assertPasses(List<Scenario> scenarios) {
    StringWriter text = new StringWriter();
    HuntOptions options = HuntOptions.of(scenarios, SEEDS).from(FROM).time(LONGEST).jobs(1);
    boolean passed = HuntReport.on(new PrintWriter(text, true), false).hunt(Hunt.of(options));
    assertThat(passed).as(text.toString()).isTrue();
  }

  @Test
  void shouldRunASeedTheSameWayTwice() {
    for (WorldEngine engine : List.of(WorldEngine.IO_URING, WorldEngine.EPOLL)) {
      Scenarios.on(engine).getFirst().simulation(7).check();
    }
  }

  @Test
  void shouldHaveTheRealEngineInTheWorld() {
    String[] names = new String[1];
    Simulation.seed(1)
        .engine(WorldEngine.IO_URING)
        .world(world -> world.host("host").run(() -> names[0] = gyre.Loop.current().engineName()))
        .run();
    assertThat(names[0]).isEqualTo("io_uring");
  }

  @Test
  void shouldSayWhichEnginesThereAre() {
    assertThat(WorldEngine.of("epoll")).isEqualTo(WorldEngine.EPOLL);
    assertThatThrownBy(() -> WorldEngine.of("kqueue")).hasMessageContaining("sim, io_uring");
  }

  @Test
  void shouldComeToEachEngineBySomeSeed() {
    assertThat(LongStream.rangeClosed(1, 12).mapToObj(WorldEngine::ofSeed))
        .containsAll(List.of(WorldEngine.values()));
    assertThat(WorldEngine.ofSeed(4711)).isEqualTo(WorldEngine.ofSeed(4711));
  }

  @Test
  void shouldPrintTheEngineAmongWhatItTakesToReplay() {
    assertThat(Simulation.seed(3).engine(WorldEngine.EPOLL).toString())
        .contains("engine(WorldEngine.EPOLL)");
  }
}
