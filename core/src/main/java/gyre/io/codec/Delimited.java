package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Decoder;

/** See {@link Framing#delimiter}. */
public final class Delimited extends Framing {
  private static final int MAX_DELIMITER_BYTES = 64;

  private final byte[] delimiter;

  Delimited(byte[] delimiter, int limitBytes) {
    super(limitBytes);
    if (delimiter.length == 0 || delimiter.length > MAX_DELIMITER_BYTES) {
      throw new IllegalArgumentException(
          "a delimiter of " + delimiter.length + " bytes: 1 to " + MAX_DELIMITER_BYTES);
    }
    if (delimiter.length > limitBytes) {
      throw new IllegalArgumentException(
          "a limit of " + limitBytes + " bytes: the delimiter has " + delimiter.length);
    }
    this.delimiter = delimiter.clone();
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new FrameDecoder<>(new DelimiterScan(delimiter, limitBytes), body);
  }

  @Override
  int contentBytes() {
    return limitBytes - delimiter.length;
  }

  @Override
  Wrapper wrapper() {
    return this::wrap;
  }

  private void wrap(ByteQueue message) {
    long length = message.size();
    checkLength(length + delimiter.length);
    message.append(delimiter);
    // One that begins in the message and ends in its delimiter would be found too.
    if (message.indexOf(delimiter, 0) < length) {
      throw new IllegalArgumentException("a message with the delimiter in it would be read as two");
    }
  }

  private static final class DelimiterScan extends FrameDecoder.Scan {
    private final byte[] delimiter;

    /** At none of so many bytes a delimiter begins. */
    private long searchedBytes;

    DelimiterScan(byte[] delimiter, int limitBytes) {
      super("delimited message", limitBytes);
      this.delimiter = delimiter;
    }

    @Override
    boolean find(ByteQueue input) {
      long at =
          delimiter.length == 1
              ? input.indexOf(delimiter[0], searchedBytes, mostBytes)
              : input.indexOf(delimiter, searchedBytes, mostBytes);
      if (at < 0) {
        if (input.size() >= mostBytes) {
          throw tooLong(0, "no delimiter within " + mostBytes + " bytes");
        }
        searchedBytes = Math.max(0, input.size() - delimiter.length + 1);
        return missing(input.size() + 1);
      }
      searchedBytes = 0;
      return found(0, (int) at, delimiter.length);
    }
  }
}
