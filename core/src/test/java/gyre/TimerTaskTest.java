package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.loop.TimerWheel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerTaskTest {
  private static final long MILLI = 1_000_000;

  /** A loop whose time and callbacks the test moves on. */
  private final class FakeLoop {
    final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    long now;

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

  private TimerTask once() {
    return task(TimerTask.Mode.ONCE, 0);
  }

  private TimerTask periodic(TimerTask.Mode mode, long millis) {
    return task(mode, millis * MILLI);
  }

  private TimerTask task(TimerTask.Mode mode, long periodNanos) {
    return new TimerTask(wheel, mode, periodNanos, () -> action.run()) {
      @Override
      long nowNanos() {
        return loop.now;
      }

      @Override
      void begins() {}

      @Override
      void requestRun() {
        loop.queue.add(this::run);
      }
    };
  }

  @Test
  void shouldRunAtAPointInTimeWhateverTheClockShowsAtTheStart() {
    TimerTask timer = once();
    loop.turnAt(3);
    timer.restartAt(7 * MILLI);
    assertThat(timer.remainingNanos()).isEqualTo(4 * MILLI);
    loop.turnAt(6);
    assertThat(runs).isEmpty();
    loop.turnAt(7);
    assertThat(runs).containsExactly(7L);
    timer.restartAt(2 * MILLI); // gone by
    loop.turnAt(7);
    assertThat(runs).containsExactly(7L, 7L);
  }

  @Test
  void shouldHaveSlackAtAPointInTimeToo() {
    TimerTask timer = once();
    timer.slackNanos(3 * MILLI);
    timer.restartAt(5 * MILLI);
    TimerTask other = once();
    other.slackNanos(3 * MILLI);
    other.restartNanos(5 * MILLI);
    assertThat(wheel.remainingNanos(timer, 0))
        .isEqualTo(wheel.remainingNanos(other, 0))
        .isGreaterThan(5 * MILLI);
    assertThat(timer.remainingNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void shouldRunOncePerStart() {
    TimerTask timer = once();
    assertThat(timer.isActive()).isFalse();
    assertThat(timer.remainingNanos()).isZero();
    timer.restartNanos(5 * MILLI);
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.remainingNanos()).isEqualTo(5 * MILLI);
    loop.turnAt(4);
    assertThat(timer.remainingNanos()).isEqualTo(MILLI);
    loop.turnAt(6);
    loop.turnAt(100);
    assertThat(timer.isActive()).isFalse();
    timer.restartNanos(1 * MILLI);
    loop.turnAt(101);
    assertThat(runs).containsExactly(6L, 101L);
  }

  @Test
  void shouldMoveTheDeadlineOnRestart() {
    TimerTask timer = once();
    timer.restartNanos(5 * MILLI);
    loop.turnAt(4);
    timer.restartNanos(5 * MILLI);
    loop.turnAt(8);
    assertThat(runs).isEmpty();
    timer.restartNanos(-MILLI);
    assertThat(timer.remainingNanos()).isZero();
    loop.turnAt(8);
    assertThat(runs).containsExactly(8L);
  }

  @Test
  void shouldNotRunAfterCancelEvenIfTheLoopHasTheCallbackAlready() {
    TimerTask timer = once();
    timer.restartNanos(1 * MILLI);
    loop.fireAt(1);
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.cancelAll()).isTrue();
    assertThat(timer.cancelAll()).isFalse();
    loop.turnAt(2);
    assertThat(runs).isEmpty();
    assertThat(wheel.size()).isZero();
  }

  @Test
  void shouldWithdrawACallbackThatHasNotBegunOnRestart() {
    TimerTask timer = once();
    timer.restartNanos(1 * MILLI);
    loop.fireAt(1);
    timer.restartNanos(9 * MILLI);
    loop.turnAt(2);
    assertThat(runs).isEmpty();
    loop.turnAt(10);
    assertThat(runs).containsExactly(10L);
  }

  @Test
  void shouldHoldAFixedRateWithoutDrift() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_RATE, 10);
    timer.restartNanos(3 * MILLI);
    for (long millis = 0; millis < 50; millis += 4) {
      loop.turnAt(millis);
    }
    assertThat(runs).containsExactly(4L, 16L, 24L, 36L, 44L);
    assertThat(timer.remainingNanos()).isEqualTo(5 * MILLI);
    assertThat(timer.missed()).isZero();
    timer.cancelAll();
    loop.turnAt(1000);
    assertThat(runs).hasSize(5);
  }

  @Test
  void shouldCountMissedPeriodsInsteadOfCatchingUp() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_RATE, 10);
    timer.restartNanos(0);
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
    TimerTask timer = periodic(TimerTask.Mode.FIXED_RATE, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          // As if the callback parked: the loop goes on meanwhile.
          loop.turnAt(loop.now / MILLI + 25);
        };
    timer.restartNanos(10 * MILLI);
    loop.turnAt(10);
    assertThat(runs).containsExactly(10L);
    assertThat(timer.missed()).isEqualTo(2);
    action = () -> runs.add(loop.now / MILLI);
    loop.turnAt(40);
    assertThat(runs).containsExactly(10L, 40L);
  }

  @Test
  void shouldMeasureAFixedDelayFromTheEndOfTheCallback() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_DELAY, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          loop.turnAt(loop.now / MILLI + 7);
        };
    timer.restartNanos(1 * MILLI);
    loop.turnAt(1);
    assertThat(timer.isActive()).isTrue();
    loop.turnAt(17);
    loop.turnAt(18);
    assertThat(runs).containsExactly(1L, 18L);
    assertThat(timer.missed()).isZero();
  }

  @Test
  void shouldEndAFixedDelayThatIsCancelledByItsOwnCallback() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_DELAY, 10);
    action =
        () -> {
          runs.add(loop.now / MILLI);
          assertThat(timer.cancelAll()).isTrue();
        };
    timer.restartNanos(1 * MILLI);
    loop.turnAt(1);
    assertThat(timer.isActive()).isFalse();
    loop.turnAt(1000);
    assertThat(runs).hasSize(1);
  }

  @Test
  void shouldKeepTheDeadlineThatAFixedDelaySetsItself() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_DELAY, 10);
    action = () -> timer.restartNanos(3 * MILLI);
    timer.restartNanos(1 * MILLI);
    loop.turnAt(1);
    assertThat(timer.remainingNanos()).isEqualTo(3 * MILLI);
    assertThat(wheel.size()).isEqualTo(1);
  }

  @Test
  void shouldRunAgainAfterItsCallbackWhenThatOutlivesTheRestartedDeadline() {
    TimerTask timer = once();
    action =
        () -> {
          runs.add(loop.now / MILLI);
          if (runs.size() == 1) {
            timer.restartNanos(2 * MILLI);
            loop.turnAt(8);
            assertThat(runs).as("runs never overlap").hasSize(1);
            assertThat(timer.isActive()).isTrue();
          }
        };
    timer.restartNanos(1 * MILLI);
    loop.turnAt(1);
    loop.turnAt(9);
    assertThat(runs).containsExactly(1L, 9L);
    assertThat(timer.isActive()).isFalse();
  }

  @Test
  void shouldGoOnWhenTheCallbackThrows() {
    for (TimerTask.Mode mode :
        new TimerTask.Mode[] {TimerTask.Mode.FIXED_RATE, TimerTask.Mode.FIXED_DELAY}) {
      TimerTask timer = periodic(mode, 10);
      long start = loop.now / MILLI;
      action =
          () -> {
            throw new IllegalStateException("deliberate");
          };
      timer.restartNanos(1 * MILLI);
      assertThatThrownBy(() -> loop.turnAt(start + 1)).hasMessage("deliberate");
      action = () -> runs.add(loop.now / MILLI);
      loop.turnAt(start + 11);
      assertThat(runs).contains(start + 11);
      timer.cancelAll();
    }
  }

  @Test
  void shouldNeverRunAfterAnEndlessDelay() {
    TimerTask timer = once();
    timer.restartNanos(Long.MAX_VALUE);
    loop.turnAt(1_000_000_000_000L);
    assertThat(timer.isActive()).isTrue();
    assertThat(timer.remainingNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(runs).isEmpty();
    assertThat(timer.cancelAll()).isTrue();
  }

  @Test
  void shouldRefuseAPeriodOfNothing() {
    for (long millis : new long[] {0, -1}) {
      assertThatThrownBy(() -> periodic(TimerTask.Mode.FIXED_RATE, millis))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be more than zero");
    }
  }

  @Test
  void shouldNameItself() {
    assertThat(periodic(TimerTask.Mode.FIXED_RATE, 10).toString())
        .startsWith("Timer[every PT0.01S, ");
    assertThat(once().toString()).startsWith("Timer[once, gyre.TimerTaskTest");
  }

  @Test
  void shouldFireTogetherWithOthersThatMayBeLateToo() {
    List<TimerTask> timers = new ArrayList<>();
    for (int millis = 100; millis < 130; millis++) {
      TimerTask timer = once();
      timer.slackNanos(100 * MILLI);
      timer.restartNanos(millis * MILLI);
      assertThat(timer.remainingNanos()).as("as if there was no slack").isEqualTo(millis * MILLI);
      timers.add(timer);
    }
    loop.turnAt(129);
    assertThat(runs).as("which comes first").isEmpty();
    long dueAt = (wheel.nextDeadlineNanos() + MILLI - 1) / MILLI;
    assertThat(dueAt).isBetween(129L, 200L);
    loop.turnAt(dueAt);
    assertThat(runs).as("all in one turn").hasSize(timers.size());
    assertThat(wheel.size()).isZero();
  }

  @Test
  void shouldNotDriftByItsSlack() {
    TimerTask timer = periodic(TimerTask.Mode.FIXED_RATE, 10);
    timer.slackNanos(7 * MILLI);
    timer.restartNanos(10 * MILLI);
    for (int millis = 1; millis <= 1000; millis++) {
      loop.turnAt(millis);
    }
    assertThat(runs).hasSizeBetween(98, 100);
    assertThat(timer.missed()).isZero();
    for (int i = 0; i < runs.size(); i++) {
      assertThat(runs.get(i) - 10L * (i + 1)).as("run %d", i).isBetween(0L, 8L);
    }
  }

  @Test
  void shouldKeepToItsTimeWithoutSlack() {
    TimerTask timer = once();
    timer.slackNanos(100 * MILLI);
    timer.slackNanos(0);
    timer.restartNanos(5 * MILLI);
    loop.turnAt(5);
    assertThat(runs).containsExactly(5L);
    timer.slackNanos(100 * MILLI);
    timer.restartNanos(Long.MAX_VALUE);
    assertThat(timer.remainingNanos()).isEqualTo(Long.MAX_VALUE);
    timer.restartNanos(0);
    loop.turnAt(5);
    assertThat(runs).as("due at once is not put off").containsExactly(5L, 5L);
  }

  @Test
  void shouldFindTheRoundestNumberOfARange() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      long first = random.nextLong() >> random.nextInt(64);
      long last = first + 1 + random.nextInt(1000);
      if (last < first) {
        continue;
      }
      long found = TimerTask.roundest(first, last);
      assertThat(found).isBetween(first, last);
      long best = first;
      for (long each = first; each <= last; each++) {
        if (Long.numberOfTrailingZeros(each) > Long.numberOfTrailingZeros(best)) {
          best = each;
        }
      }
      assertThat(Long.numberOfTrailingZeros(found))
          .as("%d to %d", first, last)
          .isEqualTo(Long.numberOfTrailingZeros(best));
    }
  }
}
