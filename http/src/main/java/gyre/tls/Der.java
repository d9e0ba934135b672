package gyre.tls;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** Writes the few things of DER that certificates and keys are made of, and reads lengths. */
final class Der {
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int NULL = 0x05;
  private static final int OID = 0x06;
  private static final int UTF8_STRING = 0x0C;
  private static final int UTC_TIME = 0x17;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int CONSTRUCTED = 0xA0;
  private static final int CONTEXT = 0x80;
  private static final int UTC_TIME_ENDS = 2050;

  private Der() {}

  static byte[] tagged(int tag, byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      byte[] bytes = BigInteger.valueOf(length).toByteArray();
      int from = bytes[0] == 0 ? 1 : 0;
      out.write(0x80 | (bytes.length - from));
      out.write(bytes, from, bytes.length - from);
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return tagged(SEQUENCE, parts);
  }

  static byte[] set(byte[]... parts) {
    return tagged(SET, parts);
  }

  /** {@code [number] EXPLICIT}. */
  static byte[] explicit(int number, byte[]... parts) {
    return tagged(CONSTRUCTED | number, parts);
  }

  /** {@code [number] IMPLICIT} of something without parts. */
  static byte[] implicit(int number, byte[] content) {
    return tagged(CONTEXT | number, content);
  }

  static byte[] integer(BigInteger value) {
    return tagged(INTEGER, value.toByteArray());
  }

  static byte[] integer(int value) {
    return integer(BigInteger.valueOf(value));
  }

  static byte[] yes() {
    return tagged(BOOLEAN, new byte[] {(byte) 0xFF});
  }

  static byte[] nothing() {
    return tagged(NULL);
  }

  static byte[] octets(byte[] content) {
    return tagged(OCTET_STRING, content);
  }

  /**
   * @param unusedBits at the end of the last byte
   */
  static byte[] bits(int unusedBits, byte[] content) {
    return tagged(BIT_STRING, new byte[] {(byte) unusedBits}, content);
  }

  static byte[] text(String text) {
    return tagged(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] time(ZonedDateTime when) {
    ZonedDateTime utc = when.withZoneSameInstant(ZoneOffset.UTC);
    boolean isShort = utc.getYear() < UTC_TIME_ENDS;
    String format = isShort ? "yyMMddHHmmss'Z'" : "yyyyMMddHHmmss'Z'";
    String text = utc.format(DateTimeFormatter.ofPattern(format));
    return tagged(isShort ? UTC_TIME : GENERALIZED_TIME, text.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * @param dotted for example {@code 2.5.29.17}
   */
  static byte[] oid(String dotted) {
    String[] numbers = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(numbers[0]) * 40 + Integer.parseInt(numbers[1]));
    for (int i = 2; i < numbers.length; i++) {
      int value = Integer.parseInt(numbers[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (value >>> shift != 0) {
          out.write(0x80 | (value >>> shift & 0x7F));
        }
      }
      out.write(value & 0x7F);
    }
    return tagged(OID, out.toByteArray());
  }

  // ---- reading

  /** Where the content of the value at {@code at} begins. */
  static int contentAt(byte[] der, int at) {
    int first = byteAt(der, at + 1);
    return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
  }

  /** Where the value at {@code at} ends. */
  static int endOf(byte[] der, int at) {
    int first = byteAt(der, at + 1);
    long length = first;
    if (first >= 0x80) {
      length = 0;
      int count = first & 0x7F;
      if (count == 0 || count > 3) {
        throw new IllegalArgumentException("a length of " + count + " bytes at " + at);
      }
      for (int i = 0; i < count; i++) {
        length = length << 8 | byteAt(der, at + 2 + i);
      }
    }
    long end = contentAt(der, at) + length;
    if (end > der.length) {
      throw new IllegalArgumentException("a value of " + length + " bytes at " + at + " is cut");
    }
    return (int) end;
  }

  static int byteAt(byte[] der, int at) {
    if (at >= der.length) {
      throw new IllegalArgumentException("ends at byte " + at);
    }
    return der[at] & 0xFF;
  }
}
