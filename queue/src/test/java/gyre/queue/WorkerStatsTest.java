package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerStatsTest {
  @Test
  void shouldTellWhoWaitsOfTheNextChangeAlone() {
    WorkerStats stats = new WorkerStats();
    AtomicInteger told = new AtomicInteger();
    stats.changed();
    long seen = stats.changes();
    assertThat(stats.hasChanged(seen, told::incrementAndGet)).isFalse();
    assertThat(told).hasValue(0);
    stats.changed();
    stats.changed();
    assertThat(told).hasValue(1);
    assertThat(stats.hasChanged(seen, told::incrementAndGet)).isTrue();
  }

  @Test
  void shouldTellOfTheEndOfARoundInWhichItWasLookedAt() {
    WorkerStats stats = new WorkerStats();
    AtomicInteger told = new AtomicInteger();
    stats.iterations.incrementAndGet(); // a round begins
    long seen = stats.changes();
    assertThat(stats.hasChanged(seen, told::incrementAndGet)).isFalse();
    stats.changed(); // and ends: its figures are new
    assertThat(told).hasValue(1);
    assertThat(stats.hasChanged(seen, told::incrementAndGet)).isTrue();
  }
}
