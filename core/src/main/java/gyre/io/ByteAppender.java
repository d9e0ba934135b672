package gyre.io;

import java.nio.ByteBuffer;

/**
 * Where encoders put bytes: a {@link ByteQueue}, or the output of a stream ({@link
 * ByteSink#output}), which parks while it is full.
 *
 * <p>Integers are big-endian, the order of the network, unless a name ends in {@code LE}.
 */
public interface ByteAppender {
  void appendByte(int value);

  void appendShort(int value);

  void appendShortLE(int value);

  void appendInt(int value);

  void appendIntLE(int value);

  void appendLong(long value);

  void appendLongLE(long value);

  /** Appends a number in decimal digits, with a minus sign if it is negative. */
  void appendDecimal(long value);

  void append(byte[] bytes);

  void append(byte[] bytes, int offset, int length);

  /** Copies what remains in the buffer, whose position moves to its limit. */
  void append(ByteBuffer buffer);

  /** Appends text as UTF-8. Surrogates without a partner become question marks. */
  void append(String text);

  /** Takes all bytes of a queue, which is empty afterwards. */
  void append(ByteQueue queue);
}
