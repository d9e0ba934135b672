package gyre.net;

import gyre.engine.Sockets;
import gyre.engine.Sockets.Option;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Applies options to descriptors. */
final class SocketOptions {
  private SocketOptions() {}

  static Sockets.Family family(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address
        ? Sockets.Family.INET6
        : Sockets.Family.INET4;
  }

  /** Options that a platform does not have are passed over: they only tune. */
  static void apply(Sockets sockets, int descriptor, StreamOptions options, boolean tcp) {
    if (tcp) {
      sockets.set(descriptor, Option.NO_DELAY, options.noDelay() ? 1 : 0);
      if (options.keepAlive()) {
        sockets.set(descriptor, Option.KEEP_ALIVE, 1);
      }
      if (options.lingerSeconds() >= 0) {
        sockets.set(descriptor, Option.LINGER_SECONDS, options.lingerSeconds());
      }
    }
    buffers(sockets, descriptor, options.sendBufferBytes(), options.receiveBufferBytes());
  }

  static void buffers(Sockets sockets, int descriptor, int sendBytes, int receiveBytes) {
    if (sendBytes > 0) {
      sockets.set(descriptor, Option.SEND_BUFFER_BYTES, sendBytes);
    }
    if (receiveBytes > 0) {
      sockets.set(descriptor, Option.RECEIVE_BUFFER_BYTES, receiveBytes);
    }
  }

  /** Before binding: the wildcard of IPv6 means IPv4 as well, however the system is configured. */
  static void bothFamilies(Sockets sockets, int descriptor, InetSocketAddress where) {
    if (where.getAddress() instanceof Inet6Address) {
      sockets.set(descriptor, Option.IPV6_ONLY, 0);
    }
  }

  /** Before connecting: 0, or -errno. The port is left to the connect, where that is possible. */
  static int bindSource(
      Sockets sockets, int descriptor, InetAddress source, boolean isTransparent) {
    sockets.set(descriptor, Option.LATE_PORT, 1);
    int result = isTransparent ? sockets.set(descriptor, Option.TRANSPARENT, 1) : 0;
    return result < 0 ? result : sockets.bind(descriptor, new InetSocketAddress(source, 0));
  }

  /** On request of a user, who is told where it does not work. */
  static void set(Sockets sockets, int descriptor, Option option, int value, String name) {
    int result = sockets.set(descriptor, option, value);
    if (result < 0) {
      throw NetworkException.of("set " + option + " to " + value + " on", name, result);
    }
  }

  static int get(Sockets sockets, int descriptor, Option option, String name) {
    int result = sockets.get(descriptor, option);
    if (result < 0 && option != Option.LINGER_SECONDS) {
      throw NetworkException.of("get " + option + " of", name, result);
    }
    return result;
  }
}
