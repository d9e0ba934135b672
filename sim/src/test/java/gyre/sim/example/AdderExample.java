package gyre.sim.example;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sim.Simulation;
import gyre.sim.fault.Faults;
import gyre.sim.junit.SimulationTest;

/** The test of docs/simulation.md. It fails, so its name keeps it from being run by itself. */
class AdderExample {
  @SimulationTest(seeds = 1000)
  void shouldAdd(Simulation simulation) {
    simulation
        .faults(Faults.timing())
        .world(world -> {
          world.host("server").background(Adder::serve);
          world.host("client").run(() -> assertThat(Adder.add("server", 2, 3)).isEqualTo(5));
        })
        .run();
  }
}
