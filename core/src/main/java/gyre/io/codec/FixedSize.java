package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#fixed}. */
public final class FixedSize extends Framing {
  FixedSize(int bytes) {
    super(bytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(
        new FrameDecoder.Scan("message of " + limitBytes + " bytes", limitBytes) {
          @Override
          boolean find(ByteQueue input) {
            return input.size() < mostBytes ? missing(mostBytes) : found(0, mostBytes, 0);
          }
        },
        body);
  }

  @Override
  Wrapper wrapper() {
    return message -> {
      if (message.size() != limitBytes) {
        throw new IllegalArgumentException(
            "a message of " + message.size() + " bytes: all have " + limitBytes);
      }
    };
  }
}
