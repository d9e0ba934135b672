package gyre.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The character classes of the grammar, and searching eight bytes at a time. */
final class Ascii {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long SPACES = 0x20 * LOW_BITS;
  private static final long DELETES = 0x7F * LOW_BITS;
  private static final long FEEDS = '\n' * LOW_BITS;

  private static final byte TOKEN = 1;
  private static final byte TARGET = 2;
  private static final byte HOST = 4;
  private static final byte HEX = 8;
  private static final byte[] CLASSES = classes();

  private Ascii() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    String letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    mark(classes, letters + "!#$%&'*+-.^_`|~", TOKEN);
    // RFC 3986, and what browsers leave as it is: WHATWG URL, the percent-encode sets.
    mark(classes, letters + "-._~!$&'()*+,;=:@/?%" + "[]|^`{}", TARGET);
    mark(classes, letters + "-._~", HOST);
    mark(classes, "0123456789abcdefABCDEF", HEX);
    return classes;
  }

  private static void mark(byte[] classes, String members, byte bit) {
    for (byte member : members.getBytes(StandardCharsets.ISO_8859_1)) {
      classes[member & 0xFF] |= bit;
    }
  }

  static boolean isToken(byte value) {
    return (CLASSES[value & 0xFF] & TOKEN) != 0;
  }

  static boolean isTarget(byte value) {
    return (CLASSES[value & 0xFF] & TARGET) != 0;
  }

  static boolean isHost(byte value) {
    return (CLASSES[value & 0xFF] & HOST) != 0;
  }

  /** Whether it means the same with and without an escape: RFC 3986, 2.3. */
  static boolean isUnreserved(byte value) {
    return isHost(value); // the same characters
  }

  static boolean isHex(byte value) {
    return (CLASSES[value & 0xFF] & HEX) != 0;
  }

  static boolean isDigit(byte value) {
    return value >= '0' && value <= '9';
  }

  static boolean isBlank(byte value) {
    return value == ' ' || value == '\t';
  }

  /** The value of a hexadecimal digit. */
  static int hex(byte value) {
    return value <= '9' ? value - '0' : (value | 0x20) - 'a' + 10;
  }

  /** Whether a byte may stand in a field value or a quoted string. */
  static boolean isText(byte value) {
    int unsigned = value & 0xFF;
    return (unsigned >= 0x20 && unsigned != 0x7F) || unsigned == '\t';
  }

  /** Index of the first LF, or -1. */
  static int findFeed(byte[] bytes, int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long word = (long) WORD.get(bytes, i) ^ FEEDS;
      long zeros = (word - LOW_BITS) & ~word & HIGH_BITS;
      if (zeros != 0) {
        return i + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    for (; i < to; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Whether all bytes may stand in a field value. */
  static boolean isText(byte[] bytes, int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long word = (long) WORD.get(bytes, i);
      long deletes = word ^ DELETES;
      long suspects = (((word - SPACES) & ~word) | ((deletes - LOW_BITS) & ~deletes)) & HIGH_BITS;
      if (suspects != 0 && !isTextSlowly(bytes, i, i + 8)) {
        return false;
      }
    }
    return isTextSlowly(bytes, i, to);
  }

  private static boolean isTextSlowly(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!isText(bytes[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether the bytes are this name, in whatever case. The name is in lower case. */
  static boolean equalsIgnoreCase(byte[] bytes, int from, int to, String lowerCase) {
    int length = lowerCase.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (lower(bytes[from + i]) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether two runs are the same, in whatever case. */
  static boolean equalsIgnoreCase(byte[] bytes, int from, int to, int otherFrom, int otherTo) {
    if (to - from != otherTo - otherFrom) {
      return false;
    }
    for (int i = 0; i < to - from; i++) {
      if (lower(bytes[from + i]) != lower(bytes[otherFrom + i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether the bytes are just this text. */
  static boolean equals(byte[] bytes, int from, int to, String text) {
    int length = text.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  static int lower(byte value) {
    return value >= 'A' && value <= 'Z' ? value + 32 : value;
  }

  static int lower(int value) {
    return value >= 'A' && value <= 'Z' ? value + 32 : value;
  }
}
