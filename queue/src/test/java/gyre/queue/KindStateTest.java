package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KindStateTest {
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
    KindState state = new KindState(KIND);
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
    KindState state = new KindState(KIND);
    state.hanging = 1;
    assertThat(state.tryBegin()).isFalse();
    state.hanging = 0;
    assertThat(state.tryBegin()).isTrue();
  }
}
