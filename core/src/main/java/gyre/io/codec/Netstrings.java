package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#netstrings}. */
public final class Netstrings extends Framing {
  Netstrings(int limitBytes) {
    super(limitBytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(new NetstringScan(limitBytes), body);
  }

  @Override
  Wrapper wrapper() {
    return this::wrap;
  }

  private void wrap(ByteQueue message) {
    checkLength(message.size());
    long rest = message.size();
    message.appendByte(',');
    message.prependByte(':');
    do {
      message.prependByte((int) ('0' + rest % 10));
      rest /= 10;
    } while (rest > 0);
  }

  private static final class NetstringScan extends FrameDecoder.Scan {
    private final int limitBytes;

    NetstringScan(int limitBytes) {
      super("netstring", Integer.toString(limitBytes).length() + 2L + limitBytes);
      this.limitBytes = limitBytes;
    }

    @Override
    boolean find(ByteQueue input) {
      long length = 0;
      for (int i = 0; ; i++) {
        if (input.size() <= i) {
          return missing(i + 1);
        }
        byte next = input.byteAt(i);
        if (next == ':' && i > 0) {
          return findEnd(input, i + 1, (int) length);
        }
        if (next < '0' || next > '9') {
          String expected = i == 0 ? "a digit" : "a digit or ':'";
          throw malformed(i, expected + " expected in the length, not " + show(next));
        }
        if (i > 0 && length == 0) {
          throw malformed(0, "the length begins with a zero");
        }
        length = length * 10 + (next - '0');
        if (length > limitBytes) {
          throw tooLong(
              0,
              "a length of at least " + length + " exceeds the limit of " + limitBytes + " bytes");
        }
      }
    }

    private boolean findEnd(ByteQueue input, int head, int length) {
      long end = (long) head + length;
      if (input.size() <= end) {
        return missing(end + 1);
      }
      byte last = input.byteAt(end);
      if (last != ',') {
        throw malformed((int) end, "',' expected at the end, not " + show(last));
      }
      return found(head, length, 1);
    }
  }
}
