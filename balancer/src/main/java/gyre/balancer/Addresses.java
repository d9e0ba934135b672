package gyre.balancer;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Addresses as people write them. */
final class Addresses {
  private static final int PORT_MAX = 65_535;

  private Addresses() {}

  /**
   * {@code HOST:PORT}, an IPv6 address in brackets. A host that is no address is left unresolved.
   *
   * @param anyHost for {@code :PORT}; null if a host is needed
   */
  static InetSocketAddress parse(String text, @Nullable String anyHost) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String digits = text.substring(colon + 1);
    boolean isBracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 2;
    if (isBracketed) {
      host = host.substring(1, host.length() - 1);
    }
    boolean isRight =
        colon >= 0
            && digits.matches("[0-9]{1,5}")
            && Integer.parseInt(digits) <= PORT_MAX
            && (isBracketed || host.indexOf(':') < 0)
            && (!host.isEmpty() || anyHost != null);
    if (!isRight) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not HOST:PORT (for example 10.0.0.1:80, or [::1]:80)");
    }
    String named = host.isEmpty() && anyHost != null ? anyHost : host;
    InetAddress literal = literal(named);
    int port = Integer.parseInt(digits);
    return literal == null
        ? InetSocketAddress.createUnresolved(named, port)
        : new InetSocketAddress(literal, port);
  }

  static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  static String format(InetSocketAddress address) {
    if (address.isUnresolved()) {
      return address.getHostString() + ":" + address.getPort();
    }
    String host = address.getAddress().getHostAddress();
    return (address.getAddress() instanceof Inet6Address ? "[" + host + "]" : host)
        + ":"
        + address.getPort();
  }
}
