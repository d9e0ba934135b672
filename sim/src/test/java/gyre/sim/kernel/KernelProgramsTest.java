package gyre.sim.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.engine.EngineOptions;
import gyre.engine.choice.EngineChoice;
import gyre.engine.choice.Engines;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Faults;
import gyre.sys.CallState;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel that is played says what the machine's own says: where it does not, it is wrong. */
@Timeout(60)
class KernelProgramsTest {
  @BeforeAll
  static void needTheNewestKernel() {
    EngineChoice choice = Engines.open("auto", EngineOptions.defaults());
    try (var engine = choice.engine()) {
      assumeTrue(engine.name().equals("io_uring"), choice.explanation());
      assumeTrue(engine.features().contains("incremental_buffers"), engine.features());
      assumeTrue(engine.features().contains("foreign_messages"), engine.features());
    }
  }

  static Stream<String> programs() {
    return KernelPrograms.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void shouldSayWhatTheRealOneSays(String program) {
    var run = java.util.Objects.requireNonNull(KernelPrograms.ALL.get(program));
    assertThat(run.apply(played())).isEqualTo(run.apply(new CallState()));
  }

  private static CallState played() {
    Universe universe = new Universe(1, Faults.none(), null, _ -> true);
    universe.setAutonomous();
    SimEngine process =
        SimEngine.open(
            universe, universe.network().addMachine("host"), "program", EngineOptions.defaults());
    return new CallState(new SimKernel(process, KernelVersion.NEWEST));
  }
}
