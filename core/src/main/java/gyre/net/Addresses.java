package gyre.net;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** Addresses as people write them. */
final class Addresses {
  private Addresses() {}

  /** {@code 127.0.0.1:7000}, {@code [::1]:7000} or a path. */
  static String format(SocketAddress address) {
    return switch (address) {
      case InetSocketAddress inet when inet.isUnresolved() ->
          inet.getHostString() + ":" + inet.getPort();
      case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address six ->
          "[" + six.getHostAddress() + "]:" + inet.getPort();
      case InetSocketAddress inet -> inet.getAddress().getHostAddress() + ":" + inet.getPort();
      case UnixDomainSocketAddress unix -> unix.getPath().toString();
      default -> address.toString();
    };
  }
}
