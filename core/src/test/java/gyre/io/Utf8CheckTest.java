package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Held against the JDK's decoder. */
class Utf8CheckTest {
  private static final byte[][] PIECES = {
    {'a'},
    "plain text of some length".getBytes(StandardCharsets.UTF_8),
    "κόσμε".getBytes(StandardCharsets.UTF_8),
    "日本語".getBytes(StandardCharsets.UTF_8),
    "𝄞😀".getBytes(StandardCharsets.UTF_8),
    {(byte) 0xF4, (byte) 0x8F, (byte) 0xBF, (byte) 0xBF},
  };

  @Test
  void shouldAgreeWithTheDecoderOfTheJdkHoweverTheBytesAreCut() {
    Random random = new Random(2);
    int refused = 0;
    for (int round = 0; round < 4000; round++) {
      byte[] bytes = some(random);
      boolean isSound = isSound(bytes);
      refused += isSound ? 0 : 1;
      try (ByteQueue queue = MaskingTest.chunks(bytes, random)) {
        int state = Utf8Check.COMPLETE;
        int at = 0;
        while (at < bytes.length) {
          int to = Math.min(bytes.length, at + 1 + random.nextInt(20));
          state = Utf8Check.next(state, queue, at, to);
          at = to;
        }
        assertThat(state == Utf8Check.COMPLETE).as("round " + round).isEqualTo(isSound);
      }
    }
    assertThat(refused).isBetween(500, 3500);
  }

  @Test
  void shouldRefuseAsSoonAsItIsKnown() {
    assertThat(after(0xED, 0xA0)).as("surrogate").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xC0)).as("too long").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xE0, 0x80)).as("too long").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xF0, 0x8F)).as("too long").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xF4, 0x90)).as("beyond U+10FFFF").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xF5)).as("beyond U+10FFFF").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0x80)).as("nothing to continue").isEqualTo(Utf8Check.REFUSED);
    assertThat(after(0xF4, 0x8F)).isGreaterThan(Utf8Check.REFUSED);
  }

  private static int after(int... values) {
    try (ByteQueue queue = ByteQueue.create()) {
      for (int value : values) {
        queue.appendByte(value);
      }
      return Utf8Check.next(Utf8Check.COMPLETE, queue, 0, queue.size());
    }
  }

  private static byte[] some(Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(1000);
    for (int i = random.nextInt(12); i >= 0; i--) {
      bytes.put(PIECES[random.nextInt(PIECES.length)]);
    }
    byte[] result = new byte[bytes.position()];
    bytes.get(0, result);
    if (random.nextBoolean()) {
      result[random.nextInt(result.length)] = (byte) random.nextInt();
    }
    return result;
  }

  private static boolean isSound(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
