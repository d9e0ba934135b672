package gyre.sys;

import static gyre.sys.LinuxSockets.AF_INET;
import static gyre.sys.LinuxSockets.AF_INET6;
import static gyre.sys.LinuxSockets.AF_UNIX;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct sockaddr} to Java and back, for IPv4, IPv6 and Unix sockets.
 *
 * <p>A Unix address whose path starts with {@code @} is a name in the abstract name space, as tools
 * print it; {@code ./@name} is a file. The empty path is an unnamed socket.
 */
public final class RawAddress {
  /** {@code sizeof(struct sockaddr_storage)}: holds any address. */
  public static final int CAPACITY_BYTES = 128;

  public static final int INET4_BYTES = 16;
  public static final int INET6_BYTES = 28;

  /** {@code sun_path} without the zero byte at its end. */
  private static final int MAX_PATH_BYTES = 107;

  private static final int EINVAL = 22;
  private static final int ENAMETOOLONG = 36;
  private static final int EAFNOSUPPORT = 97;

  private RawAddress() {}

  public static int family(long raw) {
    return Memory.getShort(raw);
  }

  /**
   * Writes an address as a socket of the given family wants it.
   *
   * @return the length in bytes, or a negative errno where the family can't reach such an address
   */
  public static int encode(SocketAddress address, int family, long to) {
    if (address instanceof InetSocketAddress inet) {
      InetAddress host = inet.getAddress();
      if (host == null) {
        return -EINVAL;
      }
      if (family == AF_INET) {
        return host instanceof Inet4Address four
            ? encode4(four, inet.getPort(), to)
            : -EAFNOSUPPORT;
      }
      return family == AF_INET6 ? encode6(host, inet.getPort(), to) : -EAFNOSUPPORT;
    }
    if (address instanceof UnixDomainSocketAddress unix) {
      return family == AF_UNIX ? encodeUnix(unix.getPath().toString(), to) : -EAFNOSUPPORT;
    }
    return -EAFNOSUPPORT;
  }

  private static int encode4(Inet4Address host, int port, long to) {
    Memory.putShort(to, (short) AF_INET);
    putPort(to, port);
    Memory.copy(host.getAddress(), 0, to + 4, 4);
    Memory.putLong(to + 8, 0);
    return 16;
  }

  /** An IPv4 address is mapped to {@code ::ffff:a.b.c.d}. */
  private static int encode6(InetAddress host, int port, long to) {
    Memory.putShort(to, (short) AF_INET6);
    putPort(to, port);
    Memory.putInt(to + 4, 0);
    int scope = 0;
    byte[] bytes = host.getAddress();
    if (host instanceof Inet6Address six) {
      Memory.copy(bytes, 0, to + 8, 16);
      scope = six.getScopeId();
    } else if (host.isAnyLocalAddress()) {
      Memory.putLong(to + 8, 0);
      Memory.putLong(to + 16, 0);
    } else {
      Memory.putLong(to + 8, 0);
      Memory.putInt(to + 16, 0xffff0000);
      Memory.copy(bytes, 0, to + 20, 4);
    }
    Memory.putInt(to + 24, scope);
    return 28;
  }

  private static int encodeUnix(String path, long to) {
    Memory.putShort(to, (short) AF_UNIX);
    if (path.isEmpty()) {
      return 2;
    }
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_PATH_BYTES) {
      return -ENAMETOOLONG;
    }
    boolean isAbstract = bytes[0] == '@';
    if (isAbstract) {
      bytes[0] = 0;
    }
    Memory.copy(bytes, 0, to + 2, bytes.length);
    Memory.putByte(to + 2 + bytes.length, (byte) 0);
    return 2 + bytes.length + (isAbstract ? 0 : 1);
  }

  /** Reads an address; null for an unnamed Unix socket and for families unknown here. */
  public static @Nullable SocketAddress decode(long raw, int length) {
    if (length < 2) {
      return null;
    }
    return switch (family(raw)) {
      case AF_INET -> new InetSocketAddress(host(raw + 4, 4, 0), port(raw));
      case AF_INET6 -> new InetSocketAddress(host(raw + 8, 16, Memory.getInt(raw + 24)), port(raw));
      case AF_UNIX -> decodeUnix(raw, length);
      default -> null;
    };
  }

  private static @Nullable SocketAddress decodeUnix(long raw, int length) {
    if (length <= 2) {
      return null;
    }
    byte[] bytes = new byte[length - 2];
    Memory.copy(raw + 2, bytes, 0, bytes.length);
    int used = 0;
    if (bytes[0] == 0) {
      for (; used < bytes.length; used++) {
        bytes[used] = bytes[used] == 0 ? (byte) '@' : bytes[used];
      }
    } else {
      while (used < bytes.length && bytes[used] != 0) {
        used++;
      }
    }
    return UnixDomainSocketAddress.of(new String(bytes, 0, used, StandardCharsets.UTF_8));
  }

  private static InetAddress host(long raw, int length, int scope) {
    byte[] bytes = new byte[length];
    Memory.copy(raw, bytes, 0, length);
    try {
      InetAddress host = InetAddress.getByAddress(bytes);
      return host instanceof Inet6Address && scope != 0
          ? Inet6Address.getByAddress(null, bytes, scope)
          : host;
    } catch (UnknownHostException impossible) {
      throw new AssertionError("an address of " + length + " bytes", impossible);
    }
  }

  private static int port(long raw) {
    return Short.toUnsignedInt(Short.reverseBytes(Memory.getShort(raw + 2)));
  }

  private static void putPort(long to, int port) {
    Memory.putShort(to + 2, Short.reverseBytes((short) port));
  }
}
