package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LatencyStatsTest {
  private static final Instant NOW = Instant.ofEpochSecond(2_000_000_000, 500_000_000);

  private static EntryName written(Instant when) {
    long nanos = when.getEpochSecond() * 1_000_000_000 + when.getNano();
    return EntryName.of(Path.of(EntryName.make(5, nanos, "r")));
  }

  private static long[] counts(LatencyStats stats) {
    return stats.counts().stream().mapToLong(Long::longValue).toArray();
  }

  @Test
  void shouldCountFromTheNameThatQueueGives() {
    LatencyStats stats = new LatencyStats();
    stats.ended(written(NOW.minusMillis(3)), NOW);
    stats.ended(written(NOW.minusMillis(30)), NOW);
    stats.ended(written(NOW.plusMillis(5)), NOW); // by a clock that was set back
    long[] counts = counts(stats);
    assertThat(counts[0]).isEqualTo(1);
    assertThat(counts[3]).isEqualTo(1); // up to 5 ms
    assertThat(counts[6]).isEqualTo(1); // up to 50 ms
    assertThat(stats.sumSeconds()).isEqualTo(0.033, within(1e-6));
  }

  @Test
  void shouldNotCountNumbersThatAreNoTimes() {
    LatencyStats stats = new LatencyStats();
    stats.ended(EntryName.of(Path.of("5_17")), NOW);
    stats.ended(EntryName.of(Path.of("whatever")), NOW);
    stats.ended(EntryName.of(Path.of("5_99999999999999999999")), NOW);
    assertThat(counts(stats)).containsOnly(0);
  }

  @Test
  void shouldCountFromTheTimeAtWhichItWasDue() {
    LatencyStats stats = new LatencyStats();
    EntryName name = written(NOW.minusSeconds(3600));
    stats.becameDue(name.text(), NOW.toEpochMilli() - 2);
    stats.ended(name, NOW);
    stats.ended(written(NOW.minusSeconds(3600)), NOW); // the same name once more, not delayed
    assertThat(counts(stats)[2]).isEqualTo(1);
    assertThat(stats.sumSeconds()).isEqualTo(3600.002, within(1e-6));
  }

  @Test
  void shouldEstimateAsPrometheusDoes() {
    long[] counts = new long[LatencyStats.BUCKETS];
    assertThat(LatencyStats.quantileSeconds(counts, 0.5)).isNaN();
    counts[1] = 10; // from 0.5 to 1 ms
    assertThat(LatencyStats.quantileSeconds(counts, 0.5)).isEqualTo(0.00075, within(1e-9));
    counts[LatencyStats.BUCKETS - 1] = 10; // above an hour
    assertThat(LatencyStats.quantileSeconds(counts, 0.99)).isEqualTo(3600);
    assertThat(LatencyStats.quantileSeconds(counts, 0.5)).isEqualTo(0.001, within(1e-9));
  }
}
