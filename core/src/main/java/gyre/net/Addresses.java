package gyre.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;

/** Addresses as people write them. */
final class Addresses {
  /** All addresses of this machine, and a port that the system chooses. */
  static final InetSocketAddress ANY4 = new InetSocketAddress(literal("0.0.0.0"), 0);

  static final InetSocketAddress ANY6 = new InetSocketAddress(literal("::"), 0);

  private Addresses() {}

  private static InetAddress literal(String text) {
    return InetAddress.ofLiteral(text);
  }

  /** An address of this machine by an address or a name, for those who listen. */
  static InetSocketAddress local(String host, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      NetworkException failure =
          new NetworkException(
              "cannot listen on "
                  + host
                  + ":"
                  + port
                  + ": no such host; use an address of this machine",
              0);
      failure.initCause(e);
      throw failure;
    }
  }

  /** Before anything is opened: names are looked up by those who have them as text. */
  static void requireResolved(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(
          address + " is not resolved: make it by new InetSocketAddress, or say host and port");
    }
  }

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
