package gyre.sim.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Faults;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which engines can be opened on which kernels. */
class KernelVersionTest {
  private static Engine open(String name, KernelVersion version) {
    Universe universe = new Universe(1, Faults.none(), null, _ -> true);
    universe.setAutonomous();
    SimEngine process =
        SimEngine.open(
            universe, universe.network().addMachine("host"), "loop", EngineOptions.defaults());
    return KernelEngine.openLarge(name, version, process, EngineOptions.defaults());
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_1", "V6_12", "NEWEST"})
  void shouldOpenIoUringWhereReceivesRepeat(KernelVersion version) {
    try (Engine engine = open("io_uring", version)) {
      assertThat(engine.features().contains("incremental_buffers"))
          .isEqualTo(version != KernelVersion.V6_1);
      assertThat(engine.features().contains("foreign_messages"))
          .isEqualTo(version == KernelVersion.NEWEST);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"V5_1", "V5_10", "V5_19"})
  void shouldRefuseIoUringOfOlderKernels(KernelVersion version) {
    assertThatThrownBy(() -> open("io_uring", version))
        .isInstanceOf(EngineUnavailable.class)
        .hasMessageContaining("older than Linux 6.0");
  }

  @ParameterizedTest
  @EnumSource
  void shouldOpenEpollEverywhere(KernelVersion version) {
    try (Engine engine = open("epoll", version)) {
      engine.await(1_000);
      assertThat(engine.features().contains("nanosecond"))
          .isEqualTo(version.compareTo(KernelVersion.V5_10) > 0);
    }
  }
}
