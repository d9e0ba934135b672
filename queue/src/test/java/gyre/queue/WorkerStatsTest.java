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
    stats.awaitChange(told::incrementAndGet);
    assertThat(told).hasValue(0);
    stats.changed();
    stats.changed();
    assertThat(told).hasValue(1);
  }
}
