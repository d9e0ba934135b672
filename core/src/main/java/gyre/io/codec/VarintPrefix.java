package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#varintPrefix}. */
public final class VarintPrefix extends Framing {
  /** Of a number of 32 bits. */
  private static final int MAX_LENGTH_BYTES = 5;

  VarintPrefix(int limitBytes) {
    super(limitBytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(new VarintScan(), body);
  }

  @Override
  Wrapper wrapper() {
    return this::wrap;
  }

  private void wrap(ByteQueue message) {
    checkLength(message.size());
    int length = (int) message.size();
    int bytes = Math.max(1, (38 - Integer.numberOfLeadingZeros(length)) / 7);
    for (int i = bytes - 1; i >= 0; i--) {
      int more = i == bytes - 1 ? 0 : 0x80;
      message.prependByte(((length >>> (7 * i)) & 0x7F) | more);
    }
  }

  private final class VarintScan extends FrameDecoder.Scan {
    VarintScan() {
      super("varint-prefixed message", (long) MAX_LENGTH_BYTES + limitBytes);
    }

    @Override
    boolean find(ByteQueue input) {
      long length = 0;
      for (int i = 0; i < MAX_LENGTH_BYTES; i++) {
        if (input.size() <= i) {
          return missing(i + 1);
        }
        byte next = input.byteAt(i);
        length |= (next & 0x7FL) << (7 * i);
        if (length > limitBytes) {
          throw tooLong(
              0,
              "a length of at least " + length + " exceeds the limit of " + limitBytes + " bytes");
        }
        if (next >= 0) {
          int head = i + 1;
          return input.size() < head + length
              ? missing(head + length)
              : found(head, (int) length, 0);
        }
      }
      throw malformed(0, "the length has more than " + MAX_LENGTH_BYTES + " bytes");
    }
  }
}
