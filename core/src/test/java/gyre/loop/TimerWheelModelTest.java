package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The wheel beside a sorted set that does the same in the plainest way, under seeded random use.
 */
@Timeout(120)
class TimerWheelModelTest {
  private static final int TIMERS = 200;
  private static final int STEPS = 3_000;

  /** One operation on both. */
  private final class Entry extends TimerNode {
    long modelDeadline;
    long modelSequence;
    boolean overdueAtStart;

    @Override
    public String toString() {
      return "entry due "
          + modelDeadline
          + ", start "
          + modelSequence
          + ", overdue "
          + overdueAtStart;
    }

    @Override
    protected void fired(long nowNanos) {
      assertThat(nowNanos).as(description).isEqualTo(now);
      assertThat(this).as(description).isSameAs(expected.poll());
      assertThat(now - start).as("early: " + description).isGreaterThanOrEqualTo(modelDeadline);
      model.remove(this);
      int callbackSteps = random.nextInt(4) == 0 ? random.nextInt(4) : 0;
      for (int i = 0; i < callbackSteps; i++) {
        step(entries.get(random.nextInt(TIMERS)));
      }
      if (random.nextInt(4) == 0 && !isScheduled()) {
        schedule(this);
      }
    }
  }

  private final TreeSet<Entry> model =
      new TreeSet<>(
          Comparator.<Entry>comparingLong(e -> e.modelDeadline)
              .thenComparingLong(e -> e.modelSequence));
  private final List<Entry> entries = new ArrayList<>();

  /** What the running advance has still to fire. */
  private final ArrayDeque<Entry> expected = new ArrayDeque<>();

  private Random random = new Random(0);
  private String description = "";
  private TimerWheel wheel = new TimerWheel(0, 1);
  private long tick;
  private long start;
  private long now;

  /** The time of the last advance since the start: what is not later is overdue when started. */
  private long elapsed;

  private long sequence;

  @ParameterizedTest
  @ValueSource(longs = {1, 1000, TimerWheel.DEFAULT_TICK_NANOS})
  void shouldDoWhatASortedSetDoes(long tickNanos) {
    for (int seed = 0; seed < 60; seed++) {
      run(tickNanos, seed);
    }
  }

  private void run(long tickNanos, long seed) {
    random = new Random(seed);
    description = "tick " + tickNanos + ", seed " + seed;
    start = random.nextInt(3) == 0 ? Long.MAX_VALUE - random.nextInt(1000) : random.nextLong();
    now = start;
    elapsed = 0;
    wheel = new TimerWheel(start, tickNanos);
    tick = wheel.tickNanos();
    model.clear();
    entries.clear();
    for (int i = 0; i < TIMERS; i++) {
      entries.add(new Entry());
    }
    for (int i = 0; i < STEPS; i++) {
      if (random.nextInt(8) != 0) {
        step(entries.get(random.nextInt(TIMERS)));
      } else {
        advance();
      }
      check();
    }
  }

  private void step(Entry entry) {
    switch (random.nextInt(4)) {
      case 0 -> cancel(entry);
      default -> schedule(entry);
    }
  }

  private void cancel(Entry entry) {
    boolean was = model.remove(entry);
    expected.remove(entry);
    assertThat(wheel.cancel(entry)).as(description).isEqualTo(was);
  }

  private void schedule(Entry entry) {
    long delay = randomSpan();
    boolean was = model.remove(entry);
    expected.remove(entry);
    long deadline = now - start + delay;
    entry.modelDeadline = deadline < 0 ? Long.MAX_VALUE : deadline;
    entry.modelSequence = sequence++;
    entry.overdueAtStart = entry.modelDeadline <= elapsed;
    model.add(entry);
    if (was || random.nextBoolean()) {
      wheel.restart(entry, now, delay);
    } else {
      wheel.start(entry, now, delay);
    }
    long remaining = entry.modelDeadline == Long.MAX_VALUE ? Long.MAX_VALUE : delay;
    assertThat(wheel.remainingNanos(entry, now)).as(description).isEqualTo(remaining);
  }

  private void advance() {
    long step = random.nextInt(3) == 0 ? randomSpan() >>> random.nextInt(20) : jumpNearNext();
    long left = Long.MAX_VALUE - (now - start);
    now += Math.min(step, left / 2);
    elapsed = now - start;
    for (Entry entry : model) {
      if (isDue(entry)) {
        expected.add(entry);
      }
    }
    int budget = random.nextInt(3) == 0 ? random.nextInt(5) : Integer.MAX_VALUE;
    int fired = wheel.advance(now, budget);
    assertThat(fired).as(description).isLessThanOrEqualTo(budget);
    assertThat(fired == budget || expected.isEmpty()).as("all due: " + description).isTrue();
    expected.clear();
  }

  /** Up to where something should happen, or just before. */
  private long jumpNearNext() {
    long next = wheel.nextDeadlineNanos();
    if (next == TimerWheel.NEVER) {
      return random.nextInt(1000);
    }
    return Math.max(0, next - now - random.nextInt(2));
  }

  /** At or after the first tick that is not before the deadline, or overdue when it was started. */
  private boolean isDue(Entry entry) {
    long deadline = entry.modelDeadline;
    if (deadline > Long.MAX_VALUE - tick) {
      return false;
    }
    return entry.overdueAtStart || (deadline + tick - 1) / tick * tick <= elapsed;
  }

  private void check() {
    assertThat(wheel.size()).as(description).isEqualTo(model.size());
    long next = wheel.nextDeadlineNanos();
    for (Entry entry : model) {
      if (entry.modelDeadline <= Long.MAX_VALUE - tick && !entry.overdueAtStart) {
        long firstTick = (entry.modelDeadline + tick - 1) / tick * tick;
        assertThat(next).as(description).isNotEqualTo(TimerWheel.NEVER);
        assertThat(next - start).as(description).isLessThanOrEqualTo(Math.max(firstTick, elapsed));
        return; // those after it are due later
      }
    }
  }

  /** Of every order of magnitude up to forever. */
  private long randomSpan() {
    return switch (random.nextInt(10)) {
      case 0 -> 0;
      case 1 -> Long.MAX_VALUE;
      case 2 -> tick * random.nextInt(3);
      case 3 -> tick;
      default -> random.nextLong() >>> (1 + random.nextInt(62));
    };
  }

  @Test
  void shouldFireAMillionTimersInOrder() {
    int count = 1_000_000;
    random = new Random(42);
    TimerWheel million = new TimerWheel(0, TimerWheel.DEFAULT_TICK_NANOS);
    long[] last = {-1, 0, 0};
    final class Counted extends TimerNode {
      @Override
      protected void fired(long nowNanos) {
        if (deadlineNanos < last[0] || deadlineNanos > nowNanos) {
          throw new AssertionError(
              deadlineNanos + " fired at " + nowNanos + ", after one of " + last[0]);
        }
        last[0] = deadlineNanos;
        last[1]++;
      }
    }
    // Half of them in one tick, in the worst order for sorting by insertion.
    long hour = 3_600_000_000_000L;
    for (int i = 0; i < count; i++) {
      million.start(new Counted(), 0, i % 2 == 0 ? count - i : (long) (random.nextDouble() * hour));
    }
    assertThat(million.size()).isEqualTo(count);
    while (million.size() > 0) {
      assertThat(million.advance(million.nextDeadlineNanos() + hour / 1000, 10_000)).isNotZero();
    }
    assertThat(last[1]).isEqualTo(count);
  }
}
