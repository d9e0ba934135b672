package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskingTest {
  private static final int KEY = 0x80C31E5A;

  @Test
  void shouldCombineEachByteWithItsByteOfTheKeyAcrossChunks() {
    Random random = new Random(1);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = new byte[1 + random.nextInt(3000)];
      random.nextBytes(bytes);
      try (ByteQueue queue = chunks(bytes, random)) {
        int from = random.nextInt(bytes.length);
        int count = random.nextInt(bytes.length - from + 1);
        queue.xor(from, count, KEY);
        for (int i = 0; i < count; i++) {
          bytes[from + i] ^= (byte) (KEY >>> (24 - 8 * (i % 4)));
        }
        assertThat(queue.take(bytes.length)).as("round " + round).isEqualTo(bytes);
      }
    }
  }

  @Test
  void shouldRefuseWhatIsNotThere() {
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append(new byte[10]);
      assertThatThrownBy(() -> queue.xor(5, 6, KEY)).isInstanceOf(IndexOutOfBoundsException.class);
      queue.xor(10, 0, KEY);
    }
  }

  /** The same bytes in pieces of their own. */
  static ByteQueue chunks(byte[] bytes, Random random) {
    ByteQueue queue = ByteQueue.create();
    for (int at = bytes.length; at > 0; ) {
      int piece = Math.min(at, 1 + random.nextInt(700));
      at -= piece;
      try (ByteQueue front = queue.sibling()) {
        front.append(bytes, at, piece);
        queue.prepend(front);
      }
    }
    return queue;
  }
}
