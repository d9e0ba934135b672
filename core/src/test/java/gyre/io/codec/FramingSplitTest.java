package gyre.io.codec;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.io.ByteQueue;
import gyre.io.Codec;
import gyre.io.Decoder;
import gyre.io.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However the bytes are cut, the same messages come out. No loop and no I/O is needed for that. */
@Tag("denied-native-access")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FramingSplitTest {
  private static final int FRAMES = 100;
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 40);

  @ParameterizedTest
  @EnumSource
  void shouldDecodeTheSameCutAtEveryOffset(Framings kind) {
    List<byte[]> messages = kind.shortMessages(FRAMES, new Random(1)::nextInt);
    byte[] all = encode(kind, messages);
    for (int cut = 0; cut <= all.length; cut++) {
      byte[][] pieces = {Arrays.copyOfRange(all, 0, cut), Arrays.copyOfRange(all, cut, all.length)};
      assertThat(decode(kind, pieces))
          .as("cut at %s", cut)
          .usingElementComparator(Arrays::compare)
          .isEqualTo(messages);
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldDecodeTheSameByteByByte(Framings kind) {
    List<byte[]> messages = kind.messages(FRAMES, new Random(2)::nextInt);
    byte[] all = encode(kind, messages);
    byte[][] pieces = new byte[all.length][];
    for (int i = 0; i < all.length; i++) {
      pieces[i] = new byte[] {all[i]};
    }
    assertThat(decode(kind, pieces)).usingElementComparator(Arrays::compare).isEqualTo(messages);
  }

  @ParameterizedTest
  @EnumSource
  void shouldDecodeTheSameInRandomPieces(Framings kind) {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      List<byte[]> messages = kind.messages(20, random::nextInt);
      byte[] all = encode(kind, messages);
      List<byte[]> pieces = new ArrayList<>();
      for (int at = 0; at < all.length; ) {
        int end = Math.min(all.length, at + 1 + random.nextInt(random.nextBoolean() ? 5 : 400));
        pieces.add(Arrays.copyOfRange(all, at, end));
        at = end;
      }
      assertThat(decode(kind, pieces.toArray(byte[][]::new)))
          .as("seed %s", seed)
          .usingElementComparator(Arrays::compare)
          .isEqualTo(messages);
    }
  }

  /** The other kinds of messages are made of the same frames. */
  @ParameterizedTest
  @EnumSource
  void shouldGiveQueuesWithTheSameBytes(Framings kind) {
    List<byte[]> messages = kind.messages(FRAMES, new Random(3)::nextInt);
    Codec<ByteQueue, ByteQueue> codec = kind.framing.queues();
    List<byte[]> decoded = new ArrayList<>();
    try (ByteQueue queue = ByteQueue.create();
        ByteQueue message = queue.sibling()) {
      Encoder<ByteQueue> encoder = codec.encoder();
      for (byte[] bytes : messages) {
        message.append(bytes);
        encoder.encode(message, queue);
        assertThat(message.isEmpty()).isTrue();
      }
      Decoder<ByteQueue> decoder = codec.decoder();
      for (ByteQueue next = decoder.decode(queue); next != null; next = decoder.decode(queue)) {
        decoded.add(next.take((int) next.size()));
      }
      assertThat(queue.isEmpty()).isTrue();
    }
    assertThat(decoded).usingElementComparator(Arrays::compare).isEqualTo(messages);
  }

  static byte[] encode(Framings kind, List<byte[]> messages) {
    Encoder<byte[]> encoder = kind.framing.bytes().encoder();
    try (ByteQueue queue = ByteQueue.create()) {
      messages.forEach(message -> encoder.encode(message, queue));
      return queue.take((int) queue.size());
    }
  }

  private static List<byte[]> decode(Framings kind, byte[]... pieces) {
    Decoder<byte[]> decoder = kind.framing.bytes().decoder();
    List<byte[]> messages = new ArrayList<>();
    try (ByteQueue queue = ByteQueue.create()) {
      for (byte[] piece : pieces) {
        queue.append(piece);
        for (byte[] next = decoder.decode(queue); next != null; next = decoder.decode(queue)) {
          messages.add(next);
        }
        assertThat(queue.size()).isLessThan(decoder.limitBytes());
      }
      assertThat(queue.isEmpty()).isTrue();
      assertThat(decoder.isWithinMessage()).isFalse();
    }
    return messages;
  }
}
