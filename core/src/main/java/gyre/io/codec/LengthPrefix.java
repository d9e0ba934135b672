package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#lengthPrefix}. */
public final class LengthPrefix extends Framing {
  private final int lengthBytes;
  private final boolean littleEndian;

  /** The length of a message is what is written plus this. */
  private final int adjustment;

  LengthPrefix(int lengthBytes, int limitBytes, boolean littleEndian, int adjustment) {
    super(limitBytes);
    if (lengthBytes < 1 || lengthBytes > 8) {
      throw new IllegalArgumentException("a length of " + lengthBytes + " bytes: 1 to 8");
    }
    this.lengthBytes = lengthBytes;
    this.littleEndian = littleEndian;
    this.adjustment = adjustment;
  }

  /** The least significant byte of the length comes first. */
  public LengthPrefix littleEndian() {
    return new LengthPrefix(lengthBytes, limitBytes, true, adjustment);
  }

  /** The length counts its own bytes too. */
  public LengthPrefix countsItself() {
    return adjustment(-lengthBytes);
  }

  /**
   * A message has so many bytes more than its length says; negative: fewer. For lengths that count
   * something else too, or leave something out.
   */
  public LengthPrefix adjustment(int bytes) {
    return new LengthPrefix(lengthBytes, limitBytes, littleEndian, bytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(new LengthScan(), body);
  }

  @Override
  Wrapper wrapper() {
    return this::wrap;
  }

  private void wrap(ByteQueue message) {
    checkLength(message.size());
    long length = message.size() - adjustment;
    if (length < 0 || (lengthBytes < 8 && length >>> (8 * lengthBytes) != 0)) {
      throw new IllegalArgumentException(
          "a message of "
              + message.size()
              + " bytes has the length "
              + length
              + ", which an unsigned number of "
              + lengthBytes
              + " bytes can't be");
    }
    // Prepended, so the last byte comes first.
    for (int i = 0; i < lengthBytes; i++) {
      int place = littleEndian ? lengthBytes - 1 - i : i;
      message.prependByte((int) (length >>> (8 * place)));
    }
  }

  private final class LengthScan extends FrameDecoder.Scan {
    LengthScan() {
      super("length-prefixed message", (long) lengthBytes + limitBytes);
    }

    @Override
    boolean find(ByteQueue input) {
      if (input.size() < lengthBytes) {
        return missing(lengthBytes);
      }
      long written =
          littleEndian ? input.unsignedAtLE(0, lengthBytes) : input.unsignedAt(0, lengthBytes);
      long length = written + adjustment;
      if (written < 0 || length > limitBytes) {
        throw tooLong(
            0,
            "the length "
                + Long.toUnsignedString(written)
                + " exceeds the limit of "
                + limitBytes
                + " bytes");
      }
      if (length < 0) {
        throw malformed(0, "the length " + written + " is too small: at least " + -adjustment);
      }
      return input.size() < lengthBytes + length
          ? missing(lengthBytes + length)
          : found(lengthBytes, (int) length, 0);
    }
  }
}
