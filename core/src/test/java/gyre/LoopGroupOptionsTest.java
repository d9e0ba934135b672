package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.sys.LinuxThreads;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads of a group: their names, and the processors that they run on. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopGroupOptionsTest {
  /** Of the thread of a loop; its fibers see it in native mode alone. */
  private static BitSet cpus(Loop loop) throws Exception {
    return loop.call(LinuxThreads::cpus);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void shouldPinTheThreadsOfLoopsInTurn(String engine) throws Exception {
    assumeTrue(Loops.fiberMode() == FiberMode.NATIVE, "fibers of a baton are on other threads");
    BitSet mine = LinuxThreads.cpus();
    int first = mine.nextSetBit(0);
    int second = Math.max(first, mine.nextSetBit(first + 1));
    LoopGroupOptions options =
        LoopGroupOptions.defaults()
            .loops(3)
            .loop(Loops.options(engine))
            .cpus(List.of(first, second));
    try (LoopGroup group = LoopGroup.open(options)) {
      assertThat(cpus(group.loop(0)).stream()).containsExactly(first);
      assertThat(cpus(group.loop(1)).stream()).containsExactly(second);
      assertThat(cpus(group.loop(2)).stream()).containsExactly(first);
    }
    assertThat(LinuxThreads.cpus()).as("of the thread that opens the group").isEqualTo(mine);
  }

  @Test
  void shouldSayWhichProcessorsThereAre() {
    int nobodyHasIt = LinuxThreads.CPUS_LIMIT - 1;
    LoopGroupOptions options =
        LoopGroupOptions.defaults()
            .loops(2)
            .loop(Loops.options("nio").name("edge"))
            .cpus(List.of(LinuxThreads.cpus().nextSetBit(0), nobodyHasIt));
    assertThatThrownBy(() -> LoopGroup.open(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("edge-1 cannot be pinned to CPU " + nobodyHasIt + ": EINVAL")
        .hasMessageContaining("this process may use " + LinuxThreads.cpus());
  }

  @Test
  void shouldNameLoopsAndThreadsAlike() throws Exception {
    LoopGroupOptions options =
        LoopGroupOptions.defaults().loops(2).loop(Loops.options("auto").name("edge"));
    try (LoopGroup group = LoopGroup.open(options)) {
      assertThat(group.loops()).extracting(Loop::name).containsExactly("edge-0", "edge-1");
      CompletableFuture<String> seen = new CompletableFuture<>();
      Thread.getAllStackTraces().keySet().stream()
          .map(Thread::getName)
          .filter("edge-1"::equals)
          .findFirst()
          .ifPresent(seen::complete);
      assertThat(seen).isCompletedWithValue("edge-1");
    }
  }

  @Test
  void shouldLetTimersOfALoopBeLate() {
    LoopOptions options = Loops.options("auto").timerSlack(Duration.ofMillis(5));
    Loops.runReporting(
        options,
        () -> {
          Loop loop = Loop.current();
          long startNanos = System.nanoTime();
          Timer timer = loop.after(Duration.ofMillis(3), () -> {});
          Fiber.await(timer.fired());
          assertThat(timer.takeFired()).isEqualTo(1);
          assertThat(System.nanoTime() - startNanos)
              .as("never early")
              .isGreaterThanOrEqualTo(3_000_000);
          Timer periodic = loop.every(Duration.ofMillis(4), () -> {});
          periodic.slack(Duration.ofMillis(1));
          assertThatThrownBy(() -> periodic.slack(Duration.ofMillis(4)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("less than the period");
          Fiber.await(periodic.fired());
          periodic.close();
        });
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    assertThatThrownBy(() -> LoopGroupOptions.defaults().loops(0))
        .hasMessageContaining("loops is 0");
    assertThatThrownBy(() -> LoopGroupOptions.defaults().cpus(List.of(1, -1)))
        .hasMessageContaining("cpus is [1, -1]");
    assertThat(LoopGroupOptions.defaults().loops()).isPositive();
    assertThat(LoopGroupOptions.defaults().cpus()).isEmpty();
  }
}
