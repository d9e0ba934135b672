package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timers of a real loop: whom they belong to, and what they keep alive. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimerTest {
  private static final String ENGINE = "epoll";
  private static final Duration SOON = Duration.ofMillis(1);
  private static final Duration LATE = Duration.ofDays(1);

  private final List<String> runs = new ArrayList<>();

  private static List<String> openTimers() {
    return Loop.current().handles().stream()
        .filter(handle -> handle.kind().equals("timer"))
        .map(HandleInfo::owner)
        .toList();
  }

  @Test
  void shouldKeepTheLoopRunningUntilItHasRun() {
    Loops.run(ENGINE, () -> Loop.current().after(SOON, () -> runs.add("run")));
    assertThat(runs).containsExactly("run");
  }

  @Test
  void shouldKeepTheLoopRunningWhileItsCallbackIsParked() {
    Loops.run(
        ENGINE,
        () ->
            Loop.current()
                .after(
                    SOON,
                    () -> {
                      Fiber.sleep(SOON);
                      runs.add("run");
                    }));
    assertThat(runs).containsExactly("run");
  }

  @Test
  void shouldNotKeepTheLoopRunningInTheBackgroundOrWhenIdle() {
    Loops.run(
        ENGINE,
        () -> {
          Loop loop = Loop.current();
          loop.timer(() -> runs.add("idle"));
          loop.every(LATE, () -> runs.add("background")).background(true);
          Timer cancelled = loop.after(LATE, () -> runs.add("cancelled"));
          assertThat(openTimers()).hasSize(2);
          assertThat(cancelled.cancel()).isTrue();
          assertThat(openTimers()).hasSize(1);
        });
    assertThat(runs).isEmpty();
  }

  @Test
  void shouldReturnWhenTheLastTimerGoesToTheBackground() {
    Loops.run(
        ENGINE,
        () -> {
          Timer late = Loop.current().after(LATE, () -> {});
          Loop.current().after(SOON, () -> late.background(true));
        });
  }

  @Test
  void shouldEndWithItsScope() {
    Loops.run(
        ENGINE,
        () -> {
          Timer timer;
          try (Scope scope = Scope.open("inner")) {
            timer = Loop.current().every(LATE, () -> runs.add("run"));
            assertThat(openTimers()).containsExactly(scope.toString());
          }
          assertThat(timer.state()).isEqualTo(Handle.State.CLOSED);
          assertThat(timer.isActive()).isFalse();
          assertThatThrownBy(() -> timer.restart(SOON)).hasMessageContaining("closed");
        });
    assertThat(runs).isEmpty();
  }

  @Test
  void shouldRefuseToStartOnceItsScopeIsGone() {
    Loops.run(
        ENGINE,
        () -> {
          Timer timer;
          try (Scope scope = Scope.open("inner")) {
            timer = Loop.current().timer(() -> runs.add("run"));
            assertThat(scope.fibers()).isZero();
          }
          assertThatThrownBy(() -> timer.restart(SOON))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("inner is closed");
          assertThat(timer.isActive()).isFalse();
        });
  }

  @Test
  void shouldGoOnAfterAFailureAndReportItByName() {
    List<String> sources = new ArrayList<>();
    LoopOptions options = Loops.options(ENGINE).failures((source, failure) -> sources.add(source));
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        Timer timer =
            loop.every(
                SOON,
                () -> {
                  runs.add("run");
                  if (runs.size() == 1) {
                    throw new IllegalStateException("deliberate");
                  }
                });
        timer.rename("heartbeat");
        while (runs.size() < 2) {
          Fiber.sleep(SOON);
        }
        timer.close();
      });
    }
    assertThat(sources).containsExactly("heartbeat");
  }

  @Test
  void shouldRestartItselfFromItsCallback() {
    Loops.run(
        ENGINE,
        () -> {
          Timer[] timer = new Timer[1];
          timer[0] =
              Loop.current()
                  .after(
                      SOON,
                      () -> {
                        runs.add("run");
                        if (runs.size() < 3) {
                          timer[0].restart(SOON);
                        }
                      });
        });
    assertThat(runs).hasSize(3);
  }

  @Test
  void shouldLetAShutdownEndPeriodicTimers() {
    Loop loop = Loop.open(Loops.options(ENGINE));
    try (loop) {
      loop.run(() -> {
        loop.every(LATE, () -> runs.add("periodic"));
        loop.after(SOON, () -> runs.add("once"));
        loop.shutdown(ShutdownOptions.defaults());
      });
      assertThat(runs).containsExactly("once");
    }
    assertThat(Objects.requireNonNull(loop.shutdownReport()).forced()).isEmpty();
  }
}
