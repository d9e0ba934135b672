package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.Fiber;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InvestigationTest {
  /** The first seed that fails. */
  private static Simulation failing() {
    for (long seed = 1; seed <= 1000; seed++) {
      Simulation simulation = Naive.givesUp(seed);
      try {
        simulation.run();
      } catch (SimulationFailure e) {
        return simulation;
      }
    }
    throw new AssertionError("no seed fails");
  }

  @Test
  void shouldShrinkToTheOneFaultThatMatters() {
    Investigation investigation = failing().investigate();
    Throwable failure = investigation.failure().orElseThrow();

    Shrunk shrunk = investigation.shrink(Investigation.RUNS);

    assertThat(shrunk.faultsBefore()).isGreaterThan(5);
    assertThat(shrunk.faults())
        .singleElement()
        .extracting(InjectedFault::kind)
        .isEqualTo(Fault.REFUSED_CONNECT);
    assertThat(shrunk.runs()).isLessThanOrEqualTo(Investigation.RUNS);
    SimulationFailure again =
        catchThrowableOfType(SimulationFailure.class, () -> shrunk.simulation().run());
    assertThat(SimulationFailure.shape(again)).isEqualTo(SimulationFailure.shape(failure));
    assertThat(shrunk.toString()).contains("1 of its").contains("REFUSED_CONNECT");
  }

  @Test
  void shouldSayWhatToPaste() {
    Simulation simulation = failing();
    Shrunk shrunk = simulation.investigate().shrink(Investigation.RUNS);

    assertThat(shrunk.calls()).isEqualTo(".only(Fault.REFUSED_CONNECT)");
    assertThat(shrunk.properties()).isEqualTo("-Dgyre.sim.kinds=REFUSED_CONNECT");
    Simulation pasted =
        Naive.givesUp(Simulation.seed(simulation.seed()).only(Fault.REFUSED_CONNECT).only(1));
    assertThatThrownBy(pasted::run)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("ECONNREFUSED");
  }

  @Test
  void shouldSpendNoMoreRunsThanItIsGiven() {
    AtomicLong runs = new AtomicLong();
    Attempt counting =
        simulation -> {
          runs.incrementAndGet();
          Naive.givesUp(simulation).run();
        };
    Investigation investigation = Investigation.of(Simulation.seed(failing().seed()), counting);

    Shrunk shrunk = investigation.shrink(3);

    assertThat(runs.get()).isEqualTo(4);
    assertThat(shrunk.runs()).isEqualTo(3);
    assertThatThrownBy(() -> counting.run(shrunk.simulation()))
        .hasMessageContaining("ECONNREFUSED");
  }

  @Test
  void shouldNeedNoFaultWhereNoneIsNeeded() {
    Simulation simulation =
        Simulation.seed(1)
            .faults(Faults.timing())
            .world(world ->
                world
                    .host("a")
                    .run(() -> {
                      for (int i = 0; i < 50; i++) {
                        Fiber.sleep(Duration.ofMillis(1));
                      }
                      Naive.echo(10);
                      throw new IllegalStateException("as always");
                    }));

    Shrunk shrunk = simulation.investigate().shrink(100);

    assertThat(shrunk.faults()).isEmpty();
    assertThat(shrunk.calls()).isEqualTo(".withoutFaults()");
    assertThat(shrunk.elapsed()).isGreaterThanOrEqualTo(Duration.ofMillis(50));
  }

  @Test
  void shouldTellWhatHappenedLast() {
    Investigation investigation = failing().investigate();

    assertThat(investigation.tail(25)).hasSize(25).last().asString().contains("FAILED", "client");
    assertThat(String.join("\n", investigation.tail(100_000)))
        .contains("*** fault #1 ")
        .contains("handshake with ")
        .contains("client ")
        .contains("8 bytes taken");
  }

  @Test
  void shouldWriteTheWholeTrace(@TempDir Path directory) throws IOException {
    Investigation investigation = Naive.givesUp(1).investigate();
    Path file = directory.resolve("trace");

    investigation.writeTrace(file);

    assertThat(Files.readAllLines(file))
        .hasSizeGreaterThan(100)
        .hasSameSizeAs(investigation.tail(1_000_000));
  }

  @Test
  void shouldFindARunEqualToItself() {
    Outcome outcome = SimulationTest.echoes(7).faults(Faults.timing()).check();

    assertThat(outcome).isEqualTo(SimulationTest.echoes(7).faults(Faults.timing()).run());
  }

  @Test
  void shouldShowTheFirstEventThatDiffers() {
    AtomicLong calls = new AtomicLong();
    Simulation dependent =
        Simulation.seed(3)
            .world(world ->
                world
                    .host("a")
                    .run(() -> {
                      Naive.echo(3);
                      if (calls.incrementAndGet() % 2 == 0) {
                        Naive.echo(5);
                      }
                    }));

    assertThatThrownBy(dependent::check)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("seed 3 is not deterministic: the runs differ from event")
        .hasMessageContaining("\n  both: ")
        .hasMessageContaining("\n  first: ")
        .hasMessageContaining("\n  second: ");
  }

  @Test
  void shouldSayThatTheFirstRunLeftSomething() {
    AtomicLong calls = new AtomicLong();
    Simulation dependent =
        Simulation.seed(3)
            .world(world ->
                world.host("a").run(() -> Naive.echo(calls.incrementAndGet() == 1 ? 3 : 4)));

    assertThatThrownBy(dependent::check)
        .hasMessageContaining("as if something were left of the first run");
  }

  @Test
  void shouldThrowTheFailureOfBothRuns() {
    Simulation simulation = failing();

    assertThatThrownBy(simulation::check)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("ECONNREFUSED");
  }

  @Test
  void shouldRefuseToBeWokenByAThread() {
    Simulation simulation =
        Simulation.seed(1)
            .world(world ->
                world
                    .host("a")
                    .run(() -> {
                      Fiber<?> self = Fiber.current();
                      Thread outside = new Thread(self::unpark, "outside");
                      outside.start();
                      while (outside.isAlive()) {
                        Thread.onSpinWait();
                      }
                      Fiber.park();
                    }));

    assertThatThrownBy(simulation::run)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("not deterministic")
        .hasMessageContaining("thread outside")
        .hasMessageContaining("Fiber.offload");
  }
}
