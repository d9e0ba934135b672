package gyre.io.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No bytes do any harm: neither random ones, nor right ones of which some were changed. */
@Tag("denied-native-access")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FramingGarbageTest {
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 300);

  @ParameterizedTest
  @EnumSource
  void shouldThrowNothingButWhatIsDocumented(Framings kind) {
    int failures = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(3000)];
      int kinds = 1 + random.nextInt(256);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (random.nextInt(kinds) + ('0' - kinds / 2));
      }
      DecoderModel model = new DecoderModel(kind, random::nextInt);
      model.feed(bytes);
      failures += model.failures();
    }
    assertThat(failures > 0).isEqualTo(kind != Framings.FIXED);
  }

  @ParameterizedTest
  @EnumSource
  void shouldBearChangedBytes(Framings kind) {
    int messages = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = FramingSplitTest.encode(kind, kind.messages(10, random::nextInt));
      for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      DecoderModel model = new DecoderModel(kind, random::nextInt);
      model.feed(bytes);
      messages += model.messages();
    }
    assertThat(messages).isPositive();
  }
}
