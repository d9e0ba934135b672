package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#lines}. */
public final class Lines extends Framing {
  private final boolean carriageReturns;

  Lines(int limitBytes, boolean carriageReturns) {
    super(limitBytes);
    this.carriageReturns = carriageReturns;
  }

  /** Writes CR LF; read is either of them. */
  public Lines carriageReturns() {
    return new Lines(limitBytes, true);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(new LineScan(limitBytes), body);
  }

  @Override
  int contentBytes() {
    return limitBytes - 2;
  }

  @Override
  Wrapper wrapper() {
    return this::wrap;
  }

  private void wrap(ByteQueue line) {
    int endBytes = carriageReturns ? 2 : 1;
    checkLength(line.size() + endBytes);
    if (line.indexOf((byte) '\n', 0) >= 0) {
      throw new IllegalArgumentException("a line with a line feed in it would be read as two");
    }
    if (!line.isEmpty() && line.byteAt(line.size() - 1) == '\r') {
      throw new IllegalArgumentException(
          "a line with a carriage return as its last byte would be read without it");
    }
    if (carriageReturns) {
      line.appendByte('\r');
    }
    line.appendByte('\n');
  }

  private static final class LineScan extends FrameDecoder.Scan {
    /** So many bytes have no line feed among them. */
    private long searchedBytes;

    LineScan(int limitBytes) {
      super("line", limitBytes);
    }

    @Override
    boolean find(ByteQueue input) {
      long feed = input.indexOf((byte) '\n', searchedBytes, mostBytes);
      if (feed < 0) {
        if (input.size() >= mostBytes) {
          throw tooLong(0, "no end of line within " + mostBytes + " bytes");
        }
        searchedBytes = input.size();
        return missing(searchedBytes + 1);
      }
      searchedBytes = 0;
      int length = (int) feed;
      boolean hasReturn = length > 0 && input.byteAt(length - 1L) == '\r';
      return hasReturn ? found(0, length - 1, 2) : found(0, length, 1);
    }
  }
}
