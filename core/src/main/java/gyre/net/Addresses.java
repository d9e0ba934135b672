package gyre.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
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
          NetworkException.of(
              "listen on", host + ":" + port, "no such host: use an address of this machine");
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
    // Not a switch over types, whose bootstrap costs a cold JVM 20 ms.
    if (address instanceof InetSocketAddress inet) {
      return formatHost(inet) + ":" + inet.getPort();
    }
    return address.toString(); // of a Unix socket it is the path
  }

  private static String formatHost(InetSocketAddress address) {
    InetAddress resolved = address.getAddress();
    if (resolved == null) {
      return address.getHostString();
    }
    String literal = resolved.getHostAddress();
    return resolved instanceof Inet6Address ? "[" + literal + "]" : literal;
  }
}
