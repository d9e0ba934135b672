package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KindStateTest {
  private static final int PARKED = 100;
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
  private static final Kind KIND =
      new Kind(
          "k",
          new Kind.Program(List.of("true"), null, java.util.Map.of()),
          1,
          0,
          Duration.ofSeconds(1),
          RetryPolicy.DEFAULT);

  private static EntryName name(int number) {
    return EntryName.of(Path.of("/q/pending", "5_" + number));
  }

  @Test
  void shouldParkAgainOnceABurstThatFoundNoRoomIsBegun() {
    KindState state = new KindState(KIND, PARKED);
    int count = 0;
    while (state.parked.offer(name(count))) {
      count++;
    }
    assertThat(state.forgetLeftOut()).isFalse(); // there is enough to begin
    while (state.pollParked() != null) {
      count--;
    }
    assertThat(count).isZero();
    assertThat(state.forgetLeftOut()).isTrue(); // now the directory is looked at
    assertThat(state.parked.offer(name(1_000_000))).isTrue();
    assertThat(state.forgetLeftOut()).isFalse();
  }

  @Test
  void shouldCountCallsThatHangAsCallsThatRun() {
    KindState state = new KindState(KIND, PARKED);
    state.hanging = new Hanging(1, System.nanoTime());
    assertThat(state.mayBegin()).isFalse();
    state.hanging = Hanging.NONE;
    assertThat(state.mayBegin()).isTrue();
  }

  @Test
  void shouldCountAsStuckOnlyWhereCallsHadTimeToReturn() {
    KindState state = new KindState(KIND, PARKED);
    state.hanging = new Hanging(1, System.nanoTime() + HOUR_NANOS);
    assertThat(state.isStuck()).isFalse();
    assertThat(state.stuckInMillis()).isEqualTo(KindState.NOT_BY_TIME); // nothing waits for it
    state.parked.offer(name(1));
    assertThat(state.stuckInMillis()).isBetween(1L, 2 * HOUR_NANOS / 1_000_000);
    state.hanging = new Hanging(1, System.nanoTime() - HOUR_NANOS);
    assertThat(state.isStuck()).isTrue();
    assertThat(state.stuckInMillis()).isEqualTo(KindState.NOT_BY_TIME);
    state.hanging = Hanging.NONE;
    assertThat(state.isStuck()).isFalse();
    assertThat(state.stuckInMillis()).isEqualTo(KindState.NOT_BY_TIME);
  }

  @Test
  void shouldBeginNoMoreThanItsRateAllows() {
    Kind limited =
        new Kind("k", KIND.way(), 1_000_000, 3, Duration.ofSeconds(1), RetryPolicy.DEFAULT);
    long begin = System.nanoTime();
    KindState state = new KindState(limited, PARKED);
    int begun = 0;
    for (int i = 0; i < 10_000; i++) {
      if (state.mayBegin()) {
        state.begins();
        begun++;
      }
    }
    long seconds = (System.nanoTime() - begin) / 1_000_000_000 + 1;
    assertThat(begun).isBetween(3, (int) (3 + 3 * seconds));
    state.parked.offer(name(1));
    assertThat(state.pauseMillis()).isBetween(0L, 1000L); // and not for ever
  }
}
