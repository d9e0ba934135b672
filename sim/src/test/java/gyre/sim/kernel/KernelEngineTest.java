package gyre.sim.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Faults;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine of a loop in a world, and who may reach it. */
@Timeout(60)
class KernelEngineTest {
  /** Two threads in one played kernel: it has hung in that, instead of telling who intruded. */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldKeepAThreadFromOutsideAwayFromItsKernel(String name) throws InterruptedException {
    Universe universe = new Universe(1, Faults.none(), null, _ -> true);
    universe.setAutonomous();
    SimEngine process =
        SimEngine.open(
            universe, universe.network().addMachine("host"), "loop", EngineOptions.defaults());
    try (Engine engine =
        KernelEngine.openLarge(name, KernelVersion.NEWEST, process, EngineOptions.defaults())) {
      long before = engine.counters().wakes;

      Thread outside =
          Thread.ofPlatform()
              .start(() -> {
                engine.environment().inboxReceived(() -> false);
                engine.wake();
              });
      outside.join();
      turn(engine);

      assertThat(universe.intruder()).isNotNull();
      assertThat(engine.counters().wakes).isEqualTo(before);

      engine.wake(); // the world's own thread still may
      turn(engine);
      assertThat(engine.counters().wakes).isEqualTo(before + 1);
    }
  }

  private static void turn(Engine engine) {
    engine.await(0);
    int ignored = engine.dispatch(16);
  }
}
