package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import org.jspecify.annotations.Nullable;

/** Gives what lies between the borders that a {@link Scan} finds to a {@link Body}. */
final class FrameDecoder<T> implements Decoder<T> {
  private final Scan scan;
  private final Body<T> body;

  FrameDecoder(Scan scan, Body<T> body) {
    this.scan = scan;
    this.body = body;
  }

  @Override
  public @Nullable T decode(ByteQueue input) {
    if (!scan.find(input)) {
      return null;
    }
    int bodyBytes = scan.bodyBytes;
    if (scan.headBytes > 0) {
      input.drain(scan.headBytes);
    }
    long behind = input.size() - bodyBytes;
    try {
      return body.read(input, bodyBytes);
    } finally {
      leave(input, behind);
    }
  }

  /** What the body has left of the frame is passed over. */
  private void leave(ByteQueue input, long behind) {
    if (input.size() < behind) {
      throw new IllegalStateException(
          "the body has consumed " + (behind - input.size()) + " bytes beyond its frame");
    }
    long rest = input.size() - behind + scan.tailBytes;
    if (rest > 0) {
      input.drain(rest);
    }
    scan.taken();
  }

  @Override
  public int limitBytes() {
    return scan.mostBytes;
  }

  @Override
  public long neededBytes() {
    return scan.neededBytes;
  }

  /** Looks for the next frame of a stream. */
  abstract static class Scan {
    private final String what;

    /** The longest frame, with all that is around it. */
    final int mostBytes;

    /** Of the frame that was found. */
    int headBytes;

    int bodyBytes;
    int tailBytes;

    /** With fewer bytes there is no frame. */
    long neededBytes;

    /** Of the frames before. */
    private long consumedBytes;

    Scan(String what, long mostBytes) {
      this.what = what;
      this.mostBytes = (int) Math.min(Integer.MAX_VALUE, mostBytes);
    }

    /** Whether a whole frame lies at the front: then the fields tell where. */
    abstract boolean find(ByteQueue input);

    /** The frame was consumed. */
    void taken() {
      consumedBytes += headBytes + (long) bodyBytes + tailBytes;
      neededBytes = 0;
    }

    final boolean found(int head, int body, int tail) {
      headBytes = head;
      bodyBytes = body;
      tailBytes = tail;
      return true;
    }

    final boolean missing(long bytes) {
      neededBytes = bytes;
      return false;
    }

    final DecodeException malformed(int index, String detail) {
      return DecodeException.malformed(what, consumedBytes + index, detail);
    }

    final DecodeException tooLong(int index, String detail) {
      return DecodeException.tooLong(what, consumedBytes + index, detail);
    }

    /** For messages: a byte as it is written in text, or in hexadecimal. */
    static String show(byte value) {
      return value > ' ' && value < 0x7F
          ? "'" + (char) value + "'"
          : "0x" + Integer.toHexString(value & 0xFF);
    }
  }
}
