package gyre.io;

import gyre.sys.Memory;
import java.nio.ByteOrder;

/** Text to UTF-8 in raw memory, without a byte array in between. */
final class Utf8 {
  /** Bytes that one {@code char} takes at most; a pair of surrogates takes four together. */
  static final int MAX_BYTES_PER_CHAR = 3;

  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private Utf8() {}

  static long length(String text) {
    int chars = text.length();
    long bytes = chars;
    for (int i = 0; i < chars; i++) {
      char c = text.charAt(i);
      if (c >= 0x800) {
        if (isPair(text, i)) {
          bytes += 2;
          i++;
        } else {
          bytes += Character.isSurrogate(c) ? 0 : 2;
        }
      } else if (c >= 0x80) {
        bytes++;
      }
    }
    return bytes;
  }

  /** The number of bytes written. Surrogates without a partner become question marks. */
  static int encode(String text, long address) {
    int i = ascii(text, address);
    int chars = text.length();
    long to = address + i;
    for (; i < chars; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        Memory.putByte(to++, (byte) c);
      } else if (c < 0x800) {
        to = put(to, 2, 0xC0, c);
      } else if (isPair(text, i)) {
        to = put(to, 4, 0xF0, Character.toCodePoint(c, text.charAt(++i)));
      } else if (Character.isSurrogate(c)) {
        Memory.putByte(to++, (byte) '?');
      } else {
        to = put(to, 3, 0xE0, c);
      }
    }
    return (int) (to - address);
  }

  /** Writes a code point of several bytes; the address behind it. */
  private static long put(long to, int bytes, int mark, int point) {
    int shift = 6 * (bytes - 1);
    Memory.putByte(to, (byte) (mark | (point >>> shift)));
    for (int i = 1; i < bytes; i++) {
      shift -= 6;
      Memory.putByte(to + i, (byte) (0x80 | ((point >>> shift) & 0x3F)));
    }
    return to + bytes;
  }

  /** Writes the ASCII characters that the text begins with, in whole words; how many. */
  private static int ascii(String text, long address) {
    int chars = text.length();
    int i = 0;
    for (; i + 4 <= chars; i += 4) {
      int a = text.charAt(i);
      int b = text.charAt(i + 1);
      int c = text.charAt(i + 2);
      int d = text.charAt(i + 3);
      if ((a | b | c | d) >= 0x80) {
        break;
      }
      int word = a | (b << 8) | (c << 16) | (d << 24);
      Memory.putInt(address + i, LITTLE_ENDIAN ? word : Integer.reverseBytes(word));
    }
    return i;
  }

  private static boolean isPair(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }
}
