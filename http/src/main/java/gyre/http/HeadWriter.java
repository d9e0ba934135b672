package gyre.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of a head in the making. What is put in as text is checked on the way. */
final class HeadWriter {
  private static final int INITIAL_BYTES = 512;
  private static final int KEPT_BYTES = 16 * 1024;
  private static final int LONG_DIGITS = 20;

  byte[] bytes = new byte[INITIAL_BYTES];
  int length;

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  void clear() {
    length = 0;
    if (bytes.length > KEPT_BYTES) {
      bytes = new byte[INITIAL_BYTES];
    }
  }

  void require(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }

  void put(byte[] source) {
    put(source, 0, source.length);
  }

  void put(byte[] source, int offset, int count) {
    require(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
  }

  /** Puts what remains in the buffer, and leaves that as it is. */
  void put(ByteBuffer source) {
    int count = source.remaining();
    require(count);
    source.get(source.position(), bytes, length, count);
    length += count;
  }

  /** Puts bytes before what stands at an index. */
  void insert(int index, byte[] source) {
    require(source.length);
    System.arraycopy(bytes, index, bytes, index + source.length, length - index);
    System.arraycopy(source, 0, bytes, index, source.length);
    length += source.length;
  }

  void put(HeadWriter other) {
    put(other.bytes, 0, other.length);
  }

  void putDecimal(long value) {
    assert value >= 0;
    require(LONG_DIGITS);
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  void putHex(long value) {
    require(LONG_DIGITS);
    int digits = Math.max(1, (67 - Long.numberOfLeadingZeros(value)) / 4);
    for (int i = digits - 1; i >= 0; i--) {
      bytes[length++] = (byte) Character.forDigit((int) (value >>> (4 * i)) & 15, 16);
    }
  }

  /** A whole field line, or nothing if it throws. */
  void putField(String name, String value) {
    checkField(name, value);
    require(name.length() + value.length() + 4);
    putText(name);
    bytes[length++] = ':';
    bytes[length++] = ' ';
    putText(value);
    bytes[length++] = '\r';
    bytes[length++] = '\n';
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7F) {
        return false;
      }
    }
    return true;
  }

  /** Text of one byte a character, which the caller has made sure of. */
  void putText(String text) {
    require(text.length());
    for (int i = 0; i < text.length(); i++) {
      bytes[length++] = (byte) text.charAt(i);
    }
  }

  /** Takes all fields with a name out; the name is in lower case. */
  void removeFields(String lowerCase) {
    int from = 0;
    while (from < length) {
      int end = Ascii.findFeed(bytes, from, length) + 1;
      int colon = from + lowerCase.length();
      if (colon < end
          && bytes[colon] == ':'
          && Ascii.equalsIgnoreCase(bytes, from, colon, lowerCase)) {
        System.arraycopy(bytes, end, bytes, from, length - end);
        length -= end - from;
      } else {
        from = end;
      }
    }
  }

  /** Throws {@link IllegalArgumentException} if a field cannot be sent as it is. */
  static void checkField(String name, String value) {
    checkName(name);
    checkValue(name, value);
  }

  private static void checkName(String name) {
    boolean isToken = !name.isEmpty();
    for (int i = 0; i < name.length() && isToken; i++) {
      isToken = name.charAt(i) < 0x80 && Ascii.isToken((byte) name.charAt(i));
    }
    if (!isToken) {
      throw new IllegalArgumentException("a field can't be called \"" + printable(name) + "\"");
    }
  }

  private static void checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char at = value.charAt(i);
      if (at > 0xFF || !Ascii.isText((byte) at)) {
        throw new IllegalArgumentException(
            "the value of field "
                + name
                + " has a character that must not stand there: \""
                + printable(value)
                + "\"");
      }
    }
  }

  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
