package gyre.proxy;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.proxy.ProxyHeader.Field;
import gyre.proxy.ProxyHeader.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads headers of both versions. Nothing is taken from the queue before all of a header is there
 * and right. A byte that no header has is told as soon as it is there.
 */
final class ProxyDecoder {
  static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10};
  static final byte[] PREFIX = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  static final int HEAD_BYTES = 16;

  /** The longest line that there can be, its end included. */
  private static final int LINE_LIMIT_BYTES = 107;

  static final int UNIX_PATH_BYTES = 108;
  private static final int FIELD_HEAD_BYTES = 3;
  private static final int FIELDS_LIMIT = 64;
  private static final String WHAT = "PROXY header";

  private ProxyDecoder() {}

  static @Nullable ProxyHeader read(ByteQueue in, int limitBytes) {
    if (in.isEmpty()) {
      return null;
    }
    if (in.byteAt(0) == PREFIX[0]) {
      return startsWith(in, PREFIX) ? line(in) : null;
    }
    return startsWith(in, SIGNATURE) ? binary(in, limitBytes) : null;
  }

  /** False while it may still become so. */
  private static boolean startsWith(ByteQueue in, byte[] start) {
    int there = (int) Math.min(start.length, in.size());
    for (int i = 0; i < there; i++) {
      if (in.byteAt(i) != start[i]) {
        throw malformed(i, "neither 'PROXY ' nor the signature of version 2");
      }
    }
    return there == start.length;
  }

  private static DecodeException malformed(long offset, String detail) {
    return DecodeException.malformed(WHAT, offset, detail);
  }

  // ---- version 1

  private static @Nullable ProxyHeader line(ByteQueue in) {
    int there = (int) Math.min(LINE_LIMIT_BYTES, in.size());
    for (int i = PREFIX.length; i < there; i++) {
      byte each = in.byteAt(i);
      if (each == '\n') {
        throw malformed(i, "a line feed without a carriage return");
      }
      if (each == '\r') {
        if (i + 1 == there && there < LINE_LIMIT_BYTES) {
          return null;
        }
        if (i + 1 == there || in.byteAt(i + 1) != '\n') {
          throw malformed(i + 1L, "a carriage return without a line feed");
        }
        byte[] text = new byte[i];
        in.copyTo(0, text, 0, i);
        ProxyHeader header = line(new String(text, StandardCharsets.ISO_8859_1));
        in.drain(i + 2L);
        return header;
      }
    }
    if (there == LINE_LIMIT_BYTES) {
      throw DecodeException.tooLong(WHAT, there, "a line of more than " + there + " bytes");
    }
    return null;
  }

  private static ProxyHeader line(String text) {
    String[] parts = text.split(" ", -1);
    if (parts[1].equals("UNKNOWN")) {
      return new ProxyHeader(false, Kind.UNKNOWN, null, null, List.of(), List.of());
    }
    int kindAt = PREFIX.length;
    if (!parts[1].equals("TCP4") && !parts[1].equals("TCP6")) {
      throw malformed(kindAt, "TCP4, TCP6 or UNKNOWN expected, not '" + printable(parts[1]) + "'");
    }
    if (parts.length != 6) {
      throw malformed(kindAt, "two addresses and two ports expected");
    }
    Kind kind = parts[1].equals("TCP4") ? Kind.TCP4 : Kind.TCP6;
    int sourceAt = kindAt + parts[1].length() + 1;
    int destinationAt = sourceAt + parts[2].length() + 1;
    int sourcePortAt = destinationAt + parts[3].length() + 1;
    int destinationPortAt = sourcePortAt + parts[4].length() + 1;
    return new ProxyHeader(
        false,
        kind,
        new InetSocketAddress(address(parts[2], kind, sourceAt), port(parts[4], sourcePortAt)),
        new InetSocketAddress(
            address(parts[3], kind, destinationAt), port(parts[5], destinationPortAt)),
        List.of(),
        List.of());
  }

  private static String printable(String text) {
    return text.replaceAll("[^!-~]", "?");
  }

  private static InetAddress address(String text, Kind kind, int at) {
    boolean isFour = kind == Kind.TCP4;
    String allowed = isFour ? "[0-9.]{7,15}" : "[0-9a-fA-F:.]{2,39}";
    try {
      if (text.matches(allowed) && (!isFour || isStrictFour(text))) {
        // Also ::ffff:192.0.2.1, which the JDK makes one of four bytes of.
        InetAddress address = InetAddress.ofLiteral(text);
        if (isFour == (text.indexOf(':') < 0)) {
          return address;
        }
      }
    } catch (IllegalArgumentException e) {
      throw malformed(at, "'" + printable(text) + "' is no address of " + kind);
    }
    throw malformed(at, "'" + printable(text) + "' is no address of " + kind);
  }

  /** Four numbers without leading zeros, as others read those as octal. */
  static boolean isStrictFour(String text) {
    String[] numbers = text.split("\\.", -1);
    if (numbers.length != 4) {
      return false;
    }
    for (String number : numbers) {
      if (number.isEmpty()
          || number.length() > 3
          || (number.length() > 1 && number.charAt(0) == '0')
          || Integer.parseInt(number) > 255) {
        return false;
      }
    }
    return true;
  }

  private static int port(String text, int at) {
    boolean isNumber = text.matches("0|[1-9][0-9]{0,4}");
    int port = isNumber ? Integer.parseInt(text) : -1;
    if (port < 0 || port > 65535) {
      throw malformed(at, "'" + printable(text) + "' is no port");
    }
    return port;
  }

  // ---- version 2

  private static @Nullable ProxyHeader binary(ByteQueue in, int limitBytes) {
    int at = SIGNATURE.length;
    if (in.size() > at) {
      int versionAndCommand = in.byteAt(at) & 0xFF;
      if (versionAndCommand >>> 4 != 2) {
        throw malformed(at, "version 2 expected, not " + (versionAndCommand >>> 4));
      }
      if ((versionAndCommand & 0xF) > 1) {
        throw malformed(at, "an unknown command: " + (versionAndCommand & 0xF));
      }
    }
    if (in.size() < HEAD_BYTES) {
      return null;
    }
    int length = in.shortAt(at + 2L) & 0xFFFF;
    if (HEAD_BYTES + length > limitBytes) {
      throw DecodeException.tooLong(
          WHAT, at + 2L, (HEAD_BYTES + length) + " bytes, and " + limitBytes + " are allowed");
    }
    if (in.size() < HEAD_BYTES + length) {
      return null;
    }
    byte[] bytes = new byte[HEAD_BYTES + length];
    in.copyTo(0, bytes, 0, bytes.length);
    ProxyHeader header = binary(bytes);
    in.drain(bytes.length);
    return header;
  }

  private static ProxyHeader binary(byte[] bytes) {
    boolean isLocal = (bytes[SIGNATURE.length] & 0xF) == 0;
    int familyAt = SIGNATURE.length + 1;
    Kind kind = kind(bytes[familyAt] & 0xFF, isLocal);
    int addressBytes =
        switch (kind) {
          case UNKNOWN -> 0;
          case TCP4, UDP4 -> 12;
          case TCP6, UDP6 -> 36;
          case UNIX_STREAM, UNIX_DATAGRAM -> 2 * UNIX_PATH_BYTES;
        };
    if (bytes.length - HEAD_BYTES < addressBytes) {
      throw malformed(
          HEAD_BYTES - 2, "too short for the addresses of " + kind + ", which are " + addressBytes);
    }
    int fieldsAt = HEAD_BYTES + addressBytes;
    if (isLocal || kind == Kind.UNKNOWN) {
      // The rest is to be skipped, whatever it is; fields are understood where they are some.
      return new ProxyHeader(isLocal, Kind.UNKNOWN, null, null, List.of(), List.of());
    }
    List<Field> fields = fields(bytes, fieldsAt);
    if (kind.isUnix()) {
      List<String> paths =
          List.of(path(bytes, HEAD_BYTES), path(bytes, HEAD_BYTES + UNIX_PATH_BYTES));
      return new ProxyHeader(false, kind, null, null, paths, fields);
    }
    int each = (addressBytes - 4) / 2;
    int portsAt = HEAD_BYTES + 2 * each;
    return new ProxyHeader(
        false,
        kind,
        new InetSocketAddress(address(bytes, HEAD_BYTES, each), number(bytes, portsAt)),
        new InetSocketAddress(address(bytes, HEAD_BYTES + each, each), number(bytes, portsAt + 2)),
        List.of(),
        fields);
  }

  private static Kind kind(int familyAndTransport, boolean isLocal) {
    return switch (familyAndTransport) {
      case 0x00 -> Kind.UNKNOWN;
      case 0x11 -> Kind.TCP4;
      case 0x12 -> Kind.UDP4;
      case 0x21 -> Kind.TCP6;
      case 0x22 -> Kind.UDP6;
      case 0x31 -> Kind.UNIX_STREAM;
      case 0x32 -> Kind.UNIX_DATAGRAM;
      default -> {
        if (isLocal) {
          yield Kind.UNKNOWN; // of which nothing is used
        }
        throw malformed(
            SIGNATURE.length + 1,
            "an unknown family and transport: 0x" + Integer.toHexString(familyAndTransport));
      }
    };
  }

  private static InetAddress address(byte[] bytes, int at, int length) {
    byte[] address = new byte[length];
    System.arraycopy(bytes, at, address, 0, length);
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }

  private static String path(byte[] bytes, int at) {
    int end = at;
    while (end < at + UNIX_PATH_BYTES && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.UTF_8);
  }

  private static List<Field> fields(byte[] bytes, int from) {
    List<Field> fields = new ArrayList<>();
    int at = from;
    while (at < bytes.length) {
      if (bytes.length - at < FIELD_HEAD_BYTES) {
        throw malformed(at, "ends within the head of a field");
      }
      if (fields.size() == FIELDS_LIMIT) {
        throw DecodeException.tooLong(WHAT, at, "more than " + FIELDS_LIMIT + " fields");
      }
      int type = bytes[at] & 0xFF;
      int length = number(bytes, at + 1);
      int valueAt = at + FIELD_HEAD_BYTES;
      if (length > bytes.length - valueAt) {
        throw malformed(
            at + 1L, "a field of " + length + " bytes, where " + (bytes.length - valueAt) + " are");
      }
      byte[] value = new byte[length];
      System.arraycopy(bytes, valueAt, value, 0, length);
      if (type == Field.CRC32C) {
        checkSum(bytes, valueAt, length);
      }
      fields.add(new Field(type, value));
      at = valueAt + length;
    }
    return fields;
  }

  /** Over the whole header, with zeros in its own place. */
  private static void checkSum(byte[] bytes, int at, int length) {
    if (length != Integer.BYTES) {
      throw malformed(at - 2L, "a checksum of " + length + " bytes, and it has 4");
    }
    byte[] copy = bytes.clone();
    for (int i = 0; i < Integer.BYTES; i++) {
      copy[at + i] = 0;
    }
    CRC32C sum = new CRC32C();
    sum.update(copy, 0, copy.length);
    long told = (long) number(bytes, at) << 16 | number(bytes, at + 2);
    if (told != sum.getValue()) {
      throw malformed(at, "the checksum is wrong: bytes got lost or changed on the way");
    }
  }

  private static int number(byte[] bytes, int at) {
    return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
  }
}
