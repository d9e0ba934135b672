package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerWheelTest {
  private static final long TICK = TimerWheel.DEFAULT_TICK_NANOS;
  private static final long HOUR = 3_600_000_000_000L;
  private static final long YEAR = 365 * 24 * HOUR;
  private static final int ALL = Integer.MAX_VALUE;

  private final List<String> log = new ArrayList<>();

  private final class Named extends TimerNode {
    private final String name;
    private final Runnable action;

    Named(String name) {
      this(name, () -> {});
    }

    Named(String name, Runnable action) {
      this.name = name;
      this.action = action;
    }

    @Override
    protected void fired(long nowNanos) {
      log.add(name);
      action.run();
    }
  }

  @Test
  void shouldFireAtTheFirstTickNotBeforeTheDeadline() {
    for (long start : new long[] {0, -5, Long.MIN_VALUE, Long.MAX_VALUE - 3 * TICK}) {
      TimerWheel wheel = new TimerWheel(start, TICK);
      wheel.start(new Named("a"), start, TICK + 1);
      assertThat(wheel.nextDeadlineNanos()).isEqualTo(start + 2 * TICK);
      assertThat(wheel.advance(start + TICK + 1, ALL)).isZero();
      assertThat(wheel.advance(start + 2 * TICK - 1, ALL)).isZero();
      assertThat(wheel.advance(start + 2 * TICK, ALL)).isEqualTo(1);
      assertThat(wheel.nextDeadlineNanos()).isEqualTo(TimerWheel.NEVER);
      assertThat(wheel.size()).isZero();
    }
  }

  @Test
  void shouldFireWithinOneNanosecondWhereTheTickIsThatShort() {
    TimerWheel wheel = new TimerWheel(7, 1);
    long[] delays = {1, 2, 63, 64, 65, 4095, 4096, HOUR, YEAR, 290 * YEAR};
    for (long delay : delays) {
      wheel.start(new Named("" + delay), 7, delay);
    }
    for (long delay : delays) {
      assertThat(wheel.advance(7 + delay - 1, ALL)).isZero();
      assertThat(wheel.nextDeadlineNanos()).isEqualTo(7 + delay);
      assertThat(wheel.advance(7 + delay, ALL)).isEqualTo(1);
    }
  }

  @Test
  void shouldOrderByDeadlineAndThenByStartWithinOneTick() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    Named early = new Named("early");
    Named restarted = new Named("restarted");
    wheel.start(new Named("late"), 0, 900);
    wheel.start(restarted, 0, 500);
    wheel.start(new Named("first"), 0, 500);
    wheel.start(new Named("second"), 0, 500);
    wheel.start(early, 0, 3);
    wheel.restart(restarted, 0, 500);
    wheel.advance(TICK, ALL);
    assertThat(log).containsExactly("early", "first", "second", "restarted", "late");
  }

  @Test
  void shouldFireInOrderAfterAStallOfACentury() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    long[] delays = {90 * YEAR, 1, YEAR, HOUR, 2 * TICK, 64 * TICK, 99 * YEAR, 4096 * TICK};
    for (long delay : delays) {
      wheel.start(new Named(String.format("%020d", delay)), 0, delay);
    }
    wheel.start(new Named("later"), 0, 101 * YEAR);
    assertThat(wheel.advance(100 * YEAR, ALL)).isEqualTo(delays.length);
    assertThat(log).isSorted().doesNotContain("later");
    assertThat(wheel.advance(101 * YEAR + TICK, ALL)).isEqualTo(1);
  }

  @Test
  void shouldNeverFireWhatIsTooFarAwayToCount() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    Named forever = new Named("forever");
    Named pushed = new Named("pushed");
    wheel.start(forever, 0, Long.MAX_VALUE);
    wheel.start(pushed, 0, TICK);
    wheel.restart(pushed, 5, Long.MAX_VALUE);
    assertThat(wheel.advance(290 * YEAR, ALL)).isZero();
    assertThat(wheel.nextDeadlineNanos()).isEqualTo(TimerWheel.NEVER);
    assertThat(wheel.remainingNanos(forever, 290 * YEAR)).isEqualTo(TimerWheel.NEVER);
    assertThat(wheel.size()).isEqualTo(2);

    wheel.restart(forever, 290 * YEAR, TICK);
    assertThat(wheel.cancel(pushed)).isTrue();
    assertThat(wheel.advance(290 * YEAR + 2 * TICK, ALL)).isEqualTo(1);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void shouldLeaveAPushedDeadlineWhereItIsUntilItsOldSlotComes() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    Named timer = new Named("timer");
    wheel.start(timer, 0, 10 * TICK);
    int slot = timer.slot;
    for (int tick = 1; tick < 10; tick++) {
      wheel.advance(tick * TICK, ALL);
      wheel.restart(timer, tick * TICK, 10 * TICK);
      assertThat(timer.slot).isEqualTo(slot);
    }
    // A nearer deadline that its slot still covers needs no move either.
    wheel.restart(timer, 9 * TICK, 2 * TICK);
    assertThat(timer.slot).isEqualTo(slot);
    assertThat(wheel.nextDeadlineNanos()).isEqualTo(10 * TICK);
    assertThat(wheel.advance(10 * TICK, ALL)).isZero();
    assertThat(wheel.nextDeadlineNanos()).isEqualTo(11 * TICK);
    assertThat(wheel.advance(11 * TICK, ALL)).isEqualTo(1);
  }

  @Test
  void shouldKeepTheRestInOrderWhenTheBudgetIsUsedUp() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    for (int i = 9; i >= 0; i--) {
      wheel.start(new Named("" + i), 0, 1 + i * TICK / 2);
    }
    assertThat(wheel.advance(HOUR, 4)).isEqualTo(4);
    assertThat(wheel.nextDeadlineNanos()).isEqualTo(HOUR);
    wheel.start(new Named("overdue"), HOUR, 0);
    wheel.start(new Named("later"), HOUR, 1);
    assertThat(wheel.advance(HOUR, 0)).isZero();
    assertThat(wheel.advance(2 * HOUR, ALL)).isEqualTo(8);
    assertThat(log)
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "overdue", "later");
  }

  @Test
  void shouldFireAZeroDelayStartedByATimerInTheNextAdvance() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    TimerNode[] again = new TimerNode[1];
    again[0] = new Named("again", () -> wheel.start(again[0], TICK, 0));
    wheel.start(again[0], 0, 1);
    for (int i = 0; i < 5; i++) {
      assertThat(wheel.advance(TICK, ALL)).isEqualTo(1);
    }
  }

  @Test
  void shouldNotFireWhatAnEarlierTimerOfTheSameTickCancelledOrMoved() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    Named cancelled = new Named("cancelled");
    Named moved = new Named("moved");
    wheel.start(
        new Named(
            "first",
            () -> {
              assertThat(wheel.cancel(cancelled)).isTrue();
              assertThat(wheel.cancel(cancelled)).isFalse();
              wheel.restart(moved, TICK, TICK);
            }),
        0,
        1);
    wheel.start(cancelled, 0, 2);
    wheel.start(moved, 0, 3);
    assertThat(wheel.advance(TICK, ALL)).isEqualTo(1);
    assertThat(wheel.advance(2 * TICK, ALL)).isEqualTo(1);
    assertThat(log).containsExactly("first", "moved");
  }

  @Test
  void shouldStandStillWhenTheClockStepsBack() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    wheel.advance(HOUR, ALL);
    wheel.start(new Named("past"), 0, TICK);
    wheel.start(new Named("future"), HOUR, TICK);
    assertThat(wheel.advance(0, ALL)).isEqualTo(1);
    assertThat(log).containsExactly("past");
  }

  @Test
  void shouldGoOnAfterATimerThatThrows() {
    TimerWheel wheel = new TimerWheel(0, TICK);
    wheel.start(
        new Named(
            "bad",
            () -> {
              throw new IllegalStateException("deliberate");
            }),
        0,
        1);
    wheel.start(new Named("good"), 0, 2);
    assertThatThrownBy(() -> wheel.advance(TICK, ALL)).hasMessage("deliberate");
    assertThat(wheel.advance(TICK, ALL)).isEqualTo(1);
    assertThat(log).containsExactly("bad", "good");
  }

  @Test
  void shouldRefuseATickOutOfRangeAndRoundItDown() {
    assertThatThrownBy(() -> new TimerWheel(0, 0)).hasMessageContaining("tick of 0 ns");
    assertThatThrownBy(() -> new TimerWheel(0, Long.MAX_VALUE)).hasMessageContaining("between");
    assertThat(new TimerWheel(0, 1_000_000).tickNanos()).isEqualTo(1 << 19);
    assertThat(new TimerWheel(0, 1).tickNanos()).isEqualTo(1);
  }
}
