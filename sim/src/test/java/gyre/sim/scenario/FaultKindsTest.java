package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;

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

  /** Above played kernels a few seeds are enough, those of {@link KernelScenariosTest}. */
  private static final long KERNEL_SEED = 100_000;

  private static final int KERNEL_SEEDS = 3;

  /** Where each kind was once found: the search is for what these runs no longer have. */
  private static final String KNOWN =
      """
      io_uring/echo 100000
      io_uring/half-close 100000
      io_uring/pipes 100000
      io_uring/timeouts 100000
      io_uring/crashes 100000
      io_uring/connect 100000
      io_uring/backpressure 100000
      io_uring/overload 100000
      io_uring/bursts 100000
      io_uring/durable-files 100000
      io_uring/children 100000
      io_uring/echo 100001
      io_uring/connect 100001
      io_uring/children 100001
      io_uring/group 100002
      epoll/echo 100000
      epoll/echo 100001
      group 1
      children 2
      durable-files 13
      durable-files 15
      """;

  @Test
  void shouldInjectEveryKindInSomeScenario() {
    Set<Fault> missing = EnumSet.allOf(Fault.class);
    KNOWN.lines().map(line -> line.split(" ", 2)).forEach(run -> removeKnown(missing, run));
    for (WorldEngine engine : List.of(WorldEngine.IO_URING, WorldEngine.EPOLL)) {
      remove(missing, engine, KERNEL_SEED, KERNEL_SEEDS);
    }
    remove(missing, WorldEngine.SIM, 1, SEEDS_LIMIT);
    assertThat(missing).as("never injected in %d seeds of all scenarios", SEEDS_LIMIT).isEmpty();
  }

  private static void removeKnown(Set<Fault> missing, String[] run) {
    Stream.of(WorldEngine.values())
        .flatMap(engine -> Scenarios.on(engine).stream())
        .filter(scenario -> scenario.name().equals(run[0]))
        .forEach(scenario -> remove(missing, scenario, Long.parseLong(run[1])));
  }

  private static void remove(Set<Fault> missing, Scenario scenario, long seed) {
    missing.removeAll(scenario.simulation(seed).run().kinds().keySet());
  }

  /** Those that were injected, until none is missing. */
  private static void remove(Set<Fault> missing, WorldEngine engine, long from, int count) {
    for (long seed = from; seed < from + count && !missing.isEmpty(); seed++) {
      for (Scenario scenario : Scenarios.on(engine)) {
        if (!missing.isEmpty()) {
          remove(missing, scenario, seed);
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
