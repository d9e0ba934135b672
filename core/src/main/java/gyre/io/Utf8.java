package gyre.io;

import gyre.sys.Memory;

/** Text to UTF-8 in raw memory, without a byte array in between. */
final class Utf8 {
  /** One {@code char} takes at most so many; a pair of surrogates takes four together. */
  private static final int MAX_BYTES_PER_CHAR = 3;

  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** What {@link #encode} may write: more than it answers in the end. */
  static long spaceBytes(String text) {
    return (long) text.length() * MAX_BYTES_PER_CHAR + 1;
  }

  /** The number of bytes written. Surrogates without a partner become question marks. */
  static int encode(String text, long address) {
    // Copies ASCII at the speed of memory, and other text at least correctly, with a zero behind
    // it.
    Memory.putString(address, text);
    int chars = text.length();
    return isAscii(address, chars) ? chars : encodeSlowly(text, address);
  }

  /** If so many bytes are ASCII then they are as many characters: the whole text. */
  private static boolean isAscii(long address, int length) {
    long bits = 0;
    int i = 0;
    for (; i + 8 <= length; i += 8) {
      bits |= Memory.getLong(address + i);
    }
    for (; i < length; i++) {
      bits |= Memory.getByte(address + i);
    }
    return (bits & HIGH_BITS) == 0;
  }

  private static int encodeSlowly(String text, long address) {
    int chars = text.length();
    long to = address;
    for (int i = 0; i < chars; i++) {
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

  private static boolean isPair(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }
}
