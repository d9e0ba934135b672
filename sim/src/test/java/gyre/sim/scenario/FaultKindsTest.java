package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A kind of fault that never strikes is one that nobody is tested against. */
@Timeout(120)
class FaultKindsTest {
  private static final int SEEDS_LIMIT = 200;

  /** Above played kernels a few seeds are enough, those of {@link KernelScenariosTest}. */
  private static final long KERNEL_SEED = 100_000;

  private static final int KERNEL_SEEDS = 3;

  @Test
  void shouldInjectEveryKindInSomeScenario() {
    Set<Fault> missing = EnumSet.allOf(Fault.class);
    for (WorldEngine engine : List.of(WorldEngine.IO_URING, WorldEngine.EPOLL)) {
      remove(missing, engine, KERNEL_SEED, KERNEL_SEEDS);
    }
    remove(missing, WorldEngine.SIM, 1, SEEDS_LIMIT);
    assertThat(missing).as("never injected in %d seeds of all scenarios", SEEDS_LIMIT).isEmpty();
  }

  /** Those that were injected, until none is missing. */
  private static void remove(Set<Fault> missing, WorldEngine engine, long from, int count) {
    for (long seed = from; seed < from + count && !missing.isEmpty(); seed++) {
      for (Scenario scenario : Scenarios.on(engine)) {
        if (!missing.isEmpty()) {
          missing.removeAll(scenario.simulation(seed).run().kinds().keySet());
        }
      }
    }
  }

  @Test
  void shouldHaveEveryKindAmongAllFaults() {
    for (Fault kind : Fault.values()) {
      assertThat(Faults.all().has(kind)).as(kind.name()).isTrue();
    }
  }
}
