package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sim.SimulationFailure;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A kind of fault that never strikes is one that nobody is tested against. */
@Timeout(120)
class FaultKindsTest {
  private static final int SEEDS_LIMIT = 200;

  private static List<Scenario> onAllEngines() {
    return Stream.of(WorldEngine.values())
        .flatMap(engine -> Scenarios.on(engine).stream())
        .toList();
  }

  @Test
  void shouldInjectEveryKindInSomeScenario() {
    Set<Fault> missing = EnumSet.allOf(Fault.class);
    for (long seed = 1; seed <= SEEDS_LIMIT && !missing.isEmpty(); seed++) {
      for (Scenario scenario : onAllEngines()) {
        if (missing.isEmpty()) {
          break;
        }
        missing.removeAll(kinds(scenario, seed));
      }
    }
    assertThat(missing).as("never injected in %d seeds of all scenarios", SEEDS_LIMIT).isEmpty();
  }

  /** Above a played kernel, runs that fail are known; what they injected is not. */
  private static Set<Fault> kinds(Scenario scenario, long seed) {
    try {
      return scenario.simulation(seed).run().kinds().keySet();
    } catch (SimulationFailure e) {
      if (!scenario.name().contains("/")) {
        throw e;
      }
      return Set.of();
    }
  }

  @Test
  void shouldHaveEveryKindAmongAllFaults() {
    for (Fault kind : Fault.values()) {
      assertThat(Faults.all().has(kind)).as(kind.name()).isTrue();
    }
  }
}
