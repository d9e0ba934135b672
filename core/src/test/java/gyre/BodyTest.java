package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs that are over when their body is. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BodyTest {
  @Test
  void shouldEndWithItsBodyWhateverElseLives() {
    try (Loop loop = Loop.open(Loops.options("auto"))) {
      ExitStatus status =
          loop.runUntilShutdown(
              ShutdownOptions.atOnce(),
              () -> {
                Timer ignored = loop.every(Duration.ofHours(1), () -> {});
                Fiber<?> waits = Fiber.start("waits", Fiber::park);
                assertThat(waits.isAlive()).isTrue();
                return 7;
              });
      assertThat(status.code()).isEqualTo(7);
      assertThat(status.signal()).isEmpty();
      assertThat(loop.handles()).isEmpty();
    }
  }

  @Test
  void shouldThrowWhatItsBodyThrows() {
    try (Loop loop = Loop.open(Loops.options("auto"))) {
      assertThatThrownBy(() ->
              loop.runUntilShutdown(() -> {
                if (loop.name().isEmpty()) {
                  return 0;
                }
                throw new IllegalArgumentException("planted");
              }))
          .hasMessageContaining("planted");
    }
  }

  @Test
  void shouldEndAGroupWithItsBody() {
    LoopGroup group = LoopGroup.open(2, Loops.options("auto"));
    ExitStatus status = group.runUntilShutdown(ShutdownOptions.atOnce(), () -> 3);
    assertThat(status.code()).isEqualTo(3);
    assertThat(group.loops()).allMatch(Loop::isClosed);
  }

  @Test
  void shouldNotHideWhatHadToBeForcedOrWasCutShort() {
    ShutdownReport clean = new ShutdownReport(Duration.ZERO, List.of(), List.of());
    ShutdownReport forced = new ShutdownReport(Duration.ZERO, List.of(), List.of("a fiber"));
    assertThat(new ExitStatus(1, "", List.of(forced)).withBody(0).code()).isEqualTo(1);
    assertThat(new ExitStatus(1, "", List.of(forced)).withBody(5).code()).isEqualTo(5);
    assertThat(new ExitStatus(0, "TERM", List.of(clean)).withBody(5).code()).isEqualTo(5);
    assertThat(new ExitStatus(130, "INT", List.of(clean)).withBody(0).code()).isEqualTo(130);
  }
}
