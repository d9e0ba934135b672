package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How many writes an executor sends before it looks up. */
class PgPaceTest {
  private final PgPace pace = new PgPace();

  private void took(int count, long millis) {
    pace.took(count, TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void shouldBeginWithFewAndGrowWhileTheyAreQuick() {
    assertThat(pace.most()).isEqualTo(8);
    took(8, 1);
    assertThat(pace.most()).isEqualTo(64);
    took(64, 1);
    assertThat(pace.most()).isEqualTo(256);
    took(256, 1);
    assertThat(pace.most()).isEqualTo(256);
  }

  @Test
  void shouldSendFewerWhereTheyTakeLong() {
    took(8, 1);
    took(64, 1000);
    assertThat(pace.most()).isEqualTo(16);
    took(1, 60_000);
    assertThat(pace.most()).isEqualTo(1);
  }

  @Test
  void shouldLearnNothingFromAFewThatWereQuick() {
    took(2, 100);
    assertThat(pace.most()).isEqualTo(8);
  }
}
