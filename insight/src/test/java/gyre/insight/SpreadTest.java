package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gyre.probe.Buckets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Percentiles of a histogram, compared with the sorted values. */
class SpreadTest {
  private static Spread of(long... values) {
    long[] counts = new long[Buckets.COUNT];
    for (long value : values) {
      counts[Buckets.index(value)]++;
    }
    return new Spread(Arrays.stream(values).sum(), Arrays.stream(values).max().orElse(0), counts);
  }

  @Test
  void shouldBeAsExactAsItsBuckets() {
    SplittableRandom random = new SplittableRandom(22);
    long[] values = random.longs(10_000, 1, 50_000_000).toArray();
    Spread spread = of(values);
    Arrays.sort(values);
    for (double percent : new double[] {1, 50, 90, 99, 99.9, 100}) {
      long exact = values[(int) Math.ceil(values.length * percent / 100) - 1];
      assertThat(spread.percentile(percent)).isBetween(exact, exact + exact / 16 + 1);
    }
    assertThat(spread.mean()).isCloseTo(Arrays.stream(values).average().orElse(0), within(1.0));
    assertThat(spread.toHistogram().getTotalCount()).isEqualTo(10_000);
  }

  @Test
  void shouldTellWhatHasComeSince() {
    Spread before = of(5, 1_000_000);
    Spread after = of(5, 1_000_000, 7, 7);
    Spread since = after.since(before);
    assertThat(since.count()).isEqualTo(2);
    assertThat(since.sum()).isEqualTo(14);
    assertThat(since.max()).isEqualTo(7);
    assertThat(since.percentile(99)).isEqualTo(7);
  }

  @Test
  void shouldHaveNothingWhereNothingWasCounted() {
    assertThat(Spread.EMPTY.percentile(99)).isZero();
    assertThat(Spread.EMPTY.mean()).isZero();
    assertThat(Spread.EMPTY.since(Spread.EMPTY).max()).isZero();
  }
}
