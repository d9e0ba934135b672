package gyre.io;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The model test with a fuzzer at the wheel. In an ordinary build it replays the inputs that lie in
 * {@code src/test/resources/gyre/io/ByteQueueFuzzTestInputs}; {@code docs/guide/bytes.md} says how
 * to look for new ones.
 */
class ByteQueueFuzzTest {
  private static final int STEPS_LIMIT = 400;

  @FuzzTest(maxDuration = "2m")
  void shouldBehaveLikeAnArray(FuzzedDataProvider data) {
    long limitBytes = data.consumeInt(16, 256) * 1024L;
    QueueModel model = new QueueModel(bound -> data.consumeInt(0, bound - 1), limitBytes);
    for (int step = 0; step < STEPS_LIMIT && data.remainingBytes() > 0; step++) {
      model.step();
    }
    model.finish();
  }
}
