package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BucketsTest {
  @Test
  void shouldCoverAllValuesWithoutGapOrOverlap() {
    for (int i = 1; i < Buckets.COUNT; i++) {
      assertThat(Buckets.lowest(i)).isEqualTo(Buckets.highest(i - 1) + 1);
    }
    assertThat(Buckets.lowest(0)).isZero();
    assertThat(Buckets.highest(Buckets.COUNT - 1)).isEqualTo(Buckets.LARGEST);
  }

  @Test
  void shouldPutEachValueBetweenTheBoundsOfItsBucket() {
    SplittableRandom random = new SplittableRandom(22);
    for (int i = 0; i < 100_000; i++) {
      long value = random.nextLong(1L << random.nextInt(1, 41));
      int index = Buckets.index(value);
      assertThat(value).isBetween(Buckets.lowest(index), Buckets.highest(index));
    }
  }

  @Test
  void shouldBeWrongBySixPercentAtMost() {
    for (int i = 16; i < Buckets.COUNT; i++) {
      long width = Buckets.highest(i) - Buckets.lowest(i) + 1;
      assertThat(width * 16).isLessThanOrEqualTo(Buckets.lowest(i));
    }
  }

  @Test
  void shouldCountWhatIsTooLargeAsTheLargest() {
    assertThat(Buckets.index(Long.MAX_VALUE)).isEqualTo(Buckets.COUNT - 1);
    assertThat(Buckets.index(Buckets.LARGEST)).isEqualTo(Buckets.COUNT - 1);
  }
}
