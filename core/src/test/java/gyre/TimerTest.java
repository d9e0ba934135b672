package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class TimerTest {
  private static final long MILLI = 1_000_000;

  /** A loop whose time and callbacks the test moves on. */
  private final class FakeLoop implements TimerHost {
    final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    long now;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public void runCallback(Runnable callback, Object owner) {
      assertThat(owner).isInstanceOf(Timer.class);
      queue.add(callback);
    }

    void fireAt(long millis) {
      now = millis * MILLI;
      wheel.advance(now, 100);
    }

    void turnAt(long millis) {
      fireAt(millis);
      for (int i = queue.size(); i > 0; i--) {
        queue.remove().run();
      }
    }
  }

  private final TimerWheel wheel = new TimerWheel(0, 1);
  private final FakeLoop loop = new FakeLoop();
  private final List<Long> runs = new ArrayList<>();
  private Runnable action = () -> runs.add(loop.now / MILLI);

  private Timer once() {
    return Timer.once(wheel, loop, () -> action.run());
  }

  private Timer periodic(Timer.Mode mode, long millis) {
    return Timer.periodic(wheel, loop, mode, Duration.ofMillis(millis), () -> action.run());
  }

  @Test
  void shouldRunOncePerStart() {
    Timer timer = once();
    assertThat(timer.isActive()).isFalse();
    assertThat(timer.remainingNanos()).isZero();
    timer.restart(Duration.ofMillis(5));
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.remainingNanos()).isEqualTo(5 * MILLI);
    loop.turnAt(4);
    assertThat(timer.remainingNanos()).isEqualTo(MILLI);
    loop.turnAt(6);
    loop.turnAt(100);
    assertThat(timer.isActive()).isFalse();
    timer.restart(Duration.ofMillis(1));
    loop.turnAt(101);
    assertThat(runs).containsExactly(6L, 101L);
  }

  @Test
  void shouldMoveTheDeadlineOnRestart() {
    Timer timer = once();
    timer.restart(Duration.ofMillis(5));
    loop.turnAt(4);
    timer.restart(Duration.ofMillis(5));
    loop.turnAt(8);
    assertThat(runs).isEmpty();
    timer.restart(Duration.ofSeconds(-1));
    assertThat(timer.remainingNanos()).isZero();
    loop.turnAt(8);
    assertThat(runs).containsExactly(8L);
  }

  @Test
  void shouldNotRunAfterCancelEvenIfTheLoopHasTheCallbackAlready() {
    Timer timer = once();
    timer.restart(Duration.ofMillis(1));
    loop.fireAt(1);
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.cancel()).isTrue();
    assertThat(timer.cancel()).isFalse();
    loop.turnAt(2);
    assertThat(runs).isEmpty();
    assertThat(wheel.size()).isZero();
  }

  @Test
  void shouldWithdrawACallbackThatHasNotBegunOnRestart() {
    Timer timer = once();
    timer.restart(Duration.ofMillis(1));
    loop.fireAt(1);
    timer.restart(Duration.ofMillis(9));
    loop.turnAt(2);
    assertThat(runs).isEmpty();
    loop.turnAt(10);
    assertThat(runs).containsExactly(10L);
  }

  @Test
  void shouldHoldAFixedRateWithoutDrift() {
    Timer timer = periodic(Timer.Mode.FIXED_RATE, 10);
    timer.restart(Duration.ofMillis(3));
    for (long millis = 0; millis < 50; millis += 4) {
      loop.turnAt(millis);
    }
    assertThat(runs).containsExactly(4L, 16L, 24L, 36L, 44L);
    assertThat(timer.remainingNanos()).isEqualTo(5 * MILLI);
    assertThat(timer.missed()).isZero();
    timer.cancel();
    loop.turnAt(1000);
    assertThat(runs).hasSize(5);
  }

  @Test
  void shouldCountMissedPeriodsInsteadOfCatchingUp() {
    Timer timer = periodic(Timer.Mode.FIXED_RATE, 10);
    timer.restart(Duration.ZERO);
    loop.turnAt(35);
    assertThat(runs).containsExactly(35L);
    assertThat(timer.missed()).isEqualTo(3);
    loop.turnAt(39);
    loop.turnAt(40);
    assertThat(runs).containsExactly(35L, 40L);
    assertThat(timer.missed()).isEqualTo(3);
  }

  @Test
  void shouldCountAPeriodAsMissedWhileTheCallbackStillRuns() {
    Timer timer = periodic(Timer.Mode.FIXED_RATE, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          // As if the callback parked: the loop goes on meanwhile.
          loop.turnAt(loop.now / MILLI + 25);
        };
    timer.restart(Duration.ofMillis(10));
    loop.turnAt(10);
    assertThat(runs).containsExactly(10L);
    assertThat(timer.missed()).isEqualTo(2);
    action = () -> runs.add(loop.now / MILLI);
    loop.turnAt(40);
    assertThat(runs).containsExactly(10L, 40L);
  }

  @Test
  void shouldMeasureAFixedDelayFromTheEndOfTheCallback() {
    Timer timer = periodic(Timer.Mode.FIXED_DELAY, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          loop.turnAt(loop.now / MILLI + 7);
        };
    timer.restart(Duration.ofMillis(1));
    loop.turnAt(1);
    assertThat(timer.isActive()).isTrue();
    loop.turnAt(17);
    loop.turnAt(18);
    assertThat(runs).containsExactly(1L, 18L);
    assertThat(timer.missed()).isZero();
  }

  @Test
  void shouldEndAFixedDelayThatIsCancelledByItsOwnCallback() {
    Timer timer = periodic(Timer.Mode.FIXED_DELAY, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          assertThat(timer.cancel()).isTrue();
        };
    timer.restart(Duration.ofMillis(1));
    loop.turnAt(1);
    assertThat(timer.isActive()).isFalse();
    loop.turnAt(1000);
    assertThat(runs).hasSize(1);
  }

  @Test
  void shouldKeepTheDeadlineThatAFixedDelaySetsItself() {
    Timer timer = periodic(Timer.Mode.FIXED_DELAY, 10);
    action = () -> timer.restart(Duration.ofMillis(3));
    timer.restart(Duration.ofMillis(1));
    loop.turnAt(1);
    assertThat(timer.remainingNanos()).isEqualTo(3 * MILLI);
    assertThat(wheel.size()).isEqualTo(1);
  }

  @Test
  void shouldRunAgainAfterItsCallbackWhenThatOutlivesTheRestartedDeadline() {
    Timer timer = once();
    action =
        () -> {
          runs.add(loop.now / MILLI);
          if (runs.size() == 1) {
            timer.restart(Duration.ofMillis(2));
            loop.turnAt(8);
            assertThat(runs).as("runs never overlap").hasSize(1);
            assertThat(timer.isActive()).isTrue();
          }
        };
    timer.restart(Duration.ofMillis(1));
    loop.turnAt(1);
    loop.turnAt(9);
    assertThat(runs).containsExactly(1L, 9L);
    assertThat(timer.isActive()).isFalse();
  }

  @Test
  void shouldGoOnWhenTheCallbackThrows() {
    for (Timer.Mode mode : new Timer.Mode[] {Timer.Mode.FIXED_RATE, Timer.Mode.FIXED_DELAY}) {
      Timer timer = periodic(mode, 10);
      long start = loop.now / MILLI;
      action =
          () -> {
            throw new IllegalStateException("deliberate");
          };
      timer.restart(Duration.ofMillis(1));
      assertThatThrownBy(() -> loop.turnAt(start + 1)).hasMessage("deliberate");
      action = () -> runs.add(loop.now / MILLI);
      loop.turnAt(start + 11);
      assertThat(runs).contains(start + 11);
      timer.cancel();
    }
  }

  @Test
  void shouldNeverRunAfterAnEndlessDelay() {
    Timer timer = once();
    timer.restart(Duration.ofSeconds(Long.MAX_VALUE));
    loop.turnAt(1_000_000_000_000L);
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.remainingNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(runs).isEmpty();
    assertThat(timer.cancel()).isTrue();
  }

  @Test
  void shouldRefuseAPeriodOfNothing() {
    for (long millis : new long[] {0, -1}) {
      assertThatThrownBy(() -> periodic(Timer.Mode.FIXED_RATE, millis))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be more than zero");
    }
  }

  @Test
  void shouldNameItself() {
    assertThat(periodic(Timer.Mode.FIXED_RATE, 10).toString()).startsWith("Timer[every PT0.01S, ");
    assertThat(once().toString()).startsWith("Timer[once, gyre.TimerTest");
  }
}
