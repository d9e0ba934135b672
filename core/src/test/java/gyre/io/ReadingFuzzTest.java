package gyre.io;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** {@link ReadingModel} with a fuzzer at the wheel: see {@link ByteQueueFuzzTest}. */
class ReadingFuzzTest {
  private static final int STEPS_LIMIT = 100;

  @FuzzTest(maxDuration = "2m")
  void shouldReadWhatAPlainSearchFinds(FuzzedDataProvider data) {
    ReadingModel model = new ReadingModel(bound -> data.consumeInt(0, bound - 1));
    for (int step = 0; step < STEPS_LIMIT && data.remainingBytes() > 0; step++) {
      model.step();
    }
    model.finish();
  }
}
