package gyre.io;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations against byte arrays. {@code -Dgyre.test.seed=N} repeats one run. */
@Tag("denied-native-access")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ByteQueueModelTest {
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 60);
  private static final int STEPS = 250;

  @ParameterizedTest
  @ValueSource(longs = {16 * 1024, 40 * 1024, 256 * 1024, 8 << 20})
  void shouldBehaveLikeAnArrayWhateverThePoolHolds(long limitBytes) {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(seed, limitBytes);
    }
  }

  @Test
  void shouldRepeatTheSeedAskedFor() {
    run(Long.getLong("gyre.test.seed", 4711), 64 * 1024);
  }

  private static void run(long seed, long limitBytes) {
    SplittableRandom random = new SplittableRandom(seed * 31 + limitBytes);
    QueueModel model = new QueueModel(random::nextInt, limitBytes);
    for (int step = 0; step < STEPS; step++) {
      try {
        model.step();
      } catch (AssertionError failure) {
        throw new AssertionError(
            "seed " + seed + ", pool of " + limitBytes + " bytes, step " + step, failure);
      }
    }
    model.finish();
  }
}
