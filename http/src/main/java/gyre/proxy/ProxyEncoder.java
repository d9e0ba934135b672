package gyre.proxy;

import gyre.io.ByteAppender;
import gyre.proxy.ProxyHeader.Field;
import gyre.proxy.ProxyHeader.Kind;
import java.io.ByteArrayOutputStream;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;

/** Writes headers of both versions. */
final class ProxyEncoder {
  private static final int LENGTH_LIMIT = 0xFFFF;
  private static final int PROXY_COMMAND = 0x21;
  private static final int LOCAL_COMMAND = 0x20;

  private ProxyEncoder() {}

  static void version1(ProxyHeader header, ByteAppender out) {
    if (header.isLocal() || (header.kind() != Kind.TCP4 && header.kind() != Kind.TCP6)) {
      out.append("PROXY UNKNOWN\r\n");
      return;
    }
    InetSocketAddress source = Objects.requireNonNull(header.source());
    InetSocketAddress destination = Objects.requireNonNull(header.destination());
    out.append(
        "PROXY "
            + header.kind()
            + " "
            + text(source)
            + " "
            + text(destination)
            + " "
            + source.getPort()
            + " "
            + destination.getPort()
            + "\r\n");
  }

  private static String text(InetSocketAddress address) {
    String text = address.getAddress().getHostAddress();
    int zone = address.getAddress() instanceof Inet6Address ? text.indexOf('%') : -1;
    return zone < 0 ? text : text.substring(0, zone);
  }

  static void version2(ProxyHeader header, ByteAppender out, boolean hasChecksum) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ProxyDecoder.SIGNATURE);
    bytes.write(header.isLocal() ? LOCAL_COMMAND : PROXY_COMMAND);
    bytes.write(header.isLocal() ? 0 : family(header.kind()));
    short16(bytes, 0);
    if (!header.isLocal()) {
      addresses(header, bytes);
      for (Field field : header.fields()) {
        if (field.type() != Field.CRC32C) {
          field(bytes, field.type(), field.value());
        }
      }
    }
    if (hasChecksum) {
      field(bytes, Field.CRC32C, new byte[Integer.BYTES]);
    }
    byte[] whole = bytes.toByteArray();
    int length = whole.length - ProxyDecoder.HEAD_BYTES;
    if (length > LENGTH_LIMIT) {
      throw new IllegalArgumentException("fields of " + length + " bytes: at most " + LENGTH_LIMIT);
    }
    whole[ProxyDecoder.HEAD_BYTES - 2] = (byte) (length >>> 8);
    whole[ProxyDecoder.HEAD_BYTES - 1] = (byte) length;
    if (hasChecksum) {
      addChecksum(whole);
    }
    out.append(whole);
  }

  private static void addChecksum(byte[] whole) {
    CRC32C sum = new CRC32C();
    sum.update(whole, 0, whole.length);
    long value = sum.getValue();
    for (int i = 0; i < Integer.BYTES; i++) {
      whole[whole.length - 1 - i] = (byte) (value >>> (8 * i));
    }
  }

  private static int family(Kind kind) {
    return switch (kind) {
      case UNKNOWN -> 0x00;
      case TCP4 -> 0x11;
      case UDP4 -> 0x12;
      case TCP6 -> 0x21;
      case UDP6 -> 0x22;
      case UNIX_STREAM -> 0x31;
      case UNIX_DATAGRAM -> 0x32;
    };
  }

  private static void addresses(ProxyHeader header, ByteArrayOutputStream bytes) {
    if (header.kind().isInternet()) {
      InetSocketAddress source = Objects.requireNonNull(header.source());
      InetSocketAddress destination = Objects.requireNonNull(header.destination());
      bytes.writeBytes(source.getAddress().getAddress());
      bytes.writeBytes(destination.getAddress().getAddress());
      short16(bytes, source.getPort());
      short16(bytes, destination.getPort());
    } else if (header.kind().isUnix()) {
      for (String path : header.unixPaths()) {
        byte[] text = path.getBytes(StandardCharsets.UTF_8);
        if (text.length > ProxyDecoder.UNIX_PATH_BYTES) {
          throw new IllegalArgumentException("a path of " + text.length + " bytes: " + path);
        }
        bytes.writeBytes(Arrays.copyOf(text, ProxyDecoder.UNIX_PATH_BYTES));
      }
    }
  }

  private static void field(ByteArrayOutputStream bytes, int type, byte[] value) {
    bytes.write(type);
    short16(bytes, value.length);
    bytes.writeBytes(value);
  }

  private static void short16(ByteArrayOutputStream bytes, int value) {
    bytes.write(value >>> 8);
    bytes.write(value);
  }
}
