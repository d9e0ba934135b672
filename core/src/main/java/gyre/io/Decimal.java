package gyre.io;

import gyre.sys.Memory;
import java.nio.charset.StandardCharsets;

/** Numbers in decimal digits, as protocols of text have them. */
final class Decimal {
  /** That of the least {@code long}, with its sign. */
  static final int MAX_LENGTH = 20;

  /** Of what is no number so many bytes are shown. */
  private static final int SHOWN_BYTES = 32;

  private Decimal() {}

  static int length(long value) {
    int length = value < 0 ? 2 : 1;
    // Negative, because the least number has no positive counterpart.
    for (long rest = value < 0 ? value : -value; rest <= -10; rest /= 10) {
      length++;
    }
    return length;
  }

  /** Writes {@link #length} bytes. */
  static void encode(long value, int length, long address) {
    long rest = value < 0 ? value : -value;
    for (int i = length - 1; i >= (value < 0 ? 1 : 0); i--) {
      Memory.putByte(address + i, digit(rest));
      rest /= 10;
    }
    if (value < 0) {
      Memory.putByte(address, (byte) '-');
    }
  }

  /** Writes to the beginning of an array of at least {@link #MAX_LENGTH}; how many bytes. */
  static int encode(long value, byte[] target) {
    int length = length(value);
    long rest = value < 0 ? value : -value;
    for (int i = length - 1; i >= (value < 0 ? 1 : 0); i--) {
      target[i] = digit(rest);
      rest /= 10;
    }
    if (value < 0) {
      target[0] = '-';
    }
    return length;
  }

  private static byte digit(long negative) {
    return (byte) ('0' - negative % 10);
  }

  /**
   * The number that {@code length} bytes of the queue are; the caller has checked that they are
   * there.
   */
  static long parse(ByteQueue queue, long index, int length) {
    boolean isNegative = length > 0 && queue.byteAt(index) == '-';
    int at = isNegative ? 1 : 0;
    if (at == length) {
      throw noNumber(queue, index, length);
    }
    long least = isNegative ? Long.MIN_VALUE : -Long.MAX_VALUE;
    long value = 0; // negative
    for (; at < length; at++) {
      int digit = queue.byteAt(index + at) - '0';
      if (digit < 0 || digit > 9 || value < least / 10 || value * 10 < least + digit) {
        throw noNumber(queue, index, length);
      }
      value = value * 10 - digit;
    }
    return isNegative ? value : -value;
  }

  private static NumberFormatException noNumber(ByteQueue queue, long index, int length) {
    byte[] shown = new byte[Math.min(length, SHOWN_BYTES)];
    queue.copyTo(index, shown, 0, shown.length);
    String text = new String(shown, StandardCharsets.ISO_8859_1);
    return new NumberFormatException(
        "no decimal number of 64 bits: \"" + text + (length > shown.length ? "\"..." : "\""));
  }
}
