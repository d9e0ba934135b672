package gyre.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Escapes of paths and queries. Each is decoded once. */
final class Decoding {
  private Decoding() {}

  /**
   * Brings escapes into their one form, in place: RFC 3986, 6.2.2. What needs none has none, and
   * digits are in upper case.
   *
   * @return where it ends now
   */
  static int normalize(byte[] bytes, int from, int to) {
    int end = from;
    for (int at = from; at < to; at++) {
      byte value = bytes[at];
      if (value == '%' && at + 2 < to && Ascii.isHex(bytes[at + 1]) && Ascii.isHex(bytes[at + 2])) {
        byte meant = (byte) (Ascii.hex(bytes[at + 1]) << 4 | Ascii.hex(bytes[at + 2]));
        at += 2;
        if (!Ascii.isUnreserved(meant)) {
          bytes[end++] = '%';
          bytes[end++] = upperHex(meant >>> 4);
          meant = upperHex(meant);
        }
        value = meant;
      }
      bytes[end++] = value;
    }
    return end;
  }

  private static byte upperHex(int value) {
    int digit = value & 15;
    return (byte) (digit < 10 ? '0' + digit : 'A' + digit - 10);
  }

  static String path(byte[] bytes, int from, int to) {
    return decode(bytes, from, to, false);
  }

  private static String decode(byte[] bytes, int from, int to, boolean isForm) {
    byte[] decoded = new byte[to - from];
    int length = 0;
    for (int at = from; at < to; at++) {
      byte value = bytes[at];
      if (value == '%') { // checked by the parser
        value = (byte) (Ascii.hex(bytes[at + 1]) << 4 | Ascii.hex(bytes[at + 2]));
        at += 2;
      } else if (isForm && value == '+') {
        value = ' ';
      }
      decoded[length++] = value;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(decoded, 0, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new HttpException(400, "the target has escapes that are no UTF-8");
    }
  }

  /** The value of the first parameter with this name in a query. */
  static @Nullable String queryParameter(byte[] bytes, int from, int to, String name) {
    int at = from;
    while (at <= to) {
      int end = at;
      int equals = -1;
      while (end < to && bytes[end] != '&') {
        if (bytes[end] == '=' && equals < 0) {
          equals = end;
        }
        end++;
      }
      int nameEnd = equals < 0 ? end : equals;
      if (nameEnd > at && decode(bytes, at, nameEnd, true).equals(name)) {
        return equals < 0 ? "" : decode(bytes, equals + 1, end, true);
      }
      at = end + 1;
    }
    return null;
  }

  /** Whether it is a decimal number of the type. */
  static boolean isNumber(byte[] bytes, int from, int to, boolean isLong) {
    boolean isNegative = from < to && bytes[from] == '-';
    int digits = to - from - (isNegative ? 1 : 0);
    if (digits < 1 || digits > (isLong ? 18 : 10)) {
      return false;
    }
    for (int i = to - digits; i < to; i++) {
      if (!Ascii.isDigit(bytes[i])) {
        return false;
      }
    }
    long value = number(bytes, from, to);
    return isLong || (int) value == value;
  }

  /** Of what {@link #isNumber} is. */
  static long number(byte[] bytes, int from, int to) {
    boolean isNegative = bytes[from] == '-';
    long value = 0;
    for (int i = isNegative ? from + 1 : from; i < to; i++) {
      if (!Ascii.isDigit(bytes[i])) {
        throw new IllegalArgumentException("the parameter is not of type int or long");
      }
      value = value * 10 + bytes[i] - '0';
    }
    return isNegative ? -value : value;
  }
}
