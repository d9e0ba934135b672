package gyre.io.codec;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import java.util.function.IntUnaryOperator;

/**
 * Feeds a decoder what a hostile peer might send, in random pieces, as a stream would: never more
 * than the decoder's limit. It gives messages within the limit, or throws the documented exception,
 * and never stands still with a full queue.
 */
final class DecoderModel {
  private final Framings kind;
  private final IntUnaryOperator below;
  private int messages;
  private int failures;

  DecoderModel(Framings kind, IntUnaryOperator below) {
    this.kind = kind;
    this.below = below;
  }

  int messages() {
    return messages;
  }

  int failures() {
    return failures;
  }

  void feed(byte[] bytes) {
    Decoder<byte[]> decoder = kind.framing.bytes().decoder();
    long poolBytes = 64 * 1024;
    try (ByteQueue queue = ByteQueue.create(poolBytes)) {
      int at = 0;
      while (at < bytes.length) {
        int room = (int) (decoder.limitBytes() - queue.size());
        assertThat(room).as("stands still with a full queue").isPositive();
        int piece = Math.min(Math.min(room, bytes.length - at), 1 + below.applyAsInt(200));
        queue.append(bytes, at, piece);
        at += piece;
        if (!decodeAll(decoder, queue)) {
          return;
        }
      }
      decoder.discard();
    }
  }

  private boolean decodeAll(Decoder<byte[]> decoder, ByteQueue queue) {
    try {
      long size = queue.size();
      for (byte[] next = decoder.decode(queue); next != null; next = decoder.decode(queue)) {
        messages++;
        assertThat(next.length).isLessThanOrEqualTo(kind.framing.limitBytes());
        assertThat(queue.size()).isLessThan(size);
        size = queue.size();
      }
      assertThat(decoder.neededBytes()).isBetween(0L, (long) decoder.limitBytes());
      return true;
    } catch (DecodeException e) {
      failures++;
      assertThat(e.offset()).isNotNegative();
      assertThat(e.getMessage()).contains("byte " + e.offset());
      return kind == Framings.COBS && !e.isTooLong();
    }
  }
}
