package gyre.io.codec;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** {@link DecoderModel} with a fuzzer at the wheel: see {@code docs/guide/framing.md}. */
class FramingFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void shouldBearAnyBytes(FuzzedDataProvider data) {
    Framings kind = data.pickValue(Framings.values());
    DecoderModel model = new DecoderModel(kind, bound -> data.consumeInt(0, bound - 1));
    model.feed(data.consumeBytes(4000));
  }
}
