package gyre.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a node is written in {@code Forwarded} and its like: RFC 7239, 6. An address of IPv4 is four
 * numbers without zeros in front, one of IPv6 has no zone, and neither is ever looked up.
 */
final class ForwardedNode {
  private static final int LARGEST_PORT = 65535;
  private static final int LARGEST_OCTET = 255;

  private ForwardedNode() {}

  /**
   * The address of a node.
   *
   * @param hasBrackets whether an address of IPv6 must have them, also without a port
   * @return null of one that stays hidden
   */
  static @Nullable InetSocketAddress parse(String text, boolean hasBrackets)
      throws Forwarding.MalformedException {
    int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
    if (text.startsWith("[") && bracket < 0) {
      throw malformed();
    }
    boolean isBare = bracket < 0 && !hasBrackets && text.indexOf(':') != text.lastIndexOf(':');
    int colon = isBare ? -1 : text.indexOf(':', Math.max(0, bracket));
    String name = colon < 0 ? text : text.substring(0, colon);
    int port = colon < 0 ? 0 : port(text, colon + 1);
    if (name.equalsIgnoreCase("unknown") || isObfuscated(name)) {
      return null;
    }
    InetAddress address =
        bracket > 0 && name.endsWith("]")
            ? sixOrNull(name.substring(1, name.length() - 1))
            : isBare ? sixOrNull(name) : fourOrNull(name);
    if (address == null) {
      throw malformed();
    }
    return new InetSocketAddress(address, port);
  }

  private static Forwarding.MalformedException malformed() {
    return new Forwarding.MalformedException("a proxy names what is no address with maybe a port");
  }

  /** A port that is hidden is 0. */
  private static int port(String text, int from) throws Forwarding.MalformedException {
    String digits = text.substring(from);
    if (isObfuscated(digits)) {
      return 0;
    }
    if (digits.isEmpty() || digits.length() > 5 || !hasOnly(digits, "0123456789")) {
      throw malformed();
    }
    int port = Integer.parseInt(digits);
    if (port > LARGEST_PORT) {
      throw malformed();
    }
    return port;
  }

  private static boolean isObfuscated(String text) {
    return text.length() > 1
        && text.charAt(0) == '_'
        && text.chars().allMatch(at -> at < 0x80 && (Ascii.isHost((byte) at) && at != '~'));
  }

  private static @Nullable InetAddress fourOrNull(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    for (String part : parts) {
      if (part.isEmpty()
          || part.length() > 3
          || !hasOnly(part, "0123456789")
          || (part.length() > 1 && part.charAt(0) == '0')
          || Integer.parseInt(part) > LARGEST_OCTET) {
        return null;
      }
    }
    return InetAddress.ofLiteral(text);
  }

  private static @Nullable InetAddress sixOrNull(String text) {
    if (text.indexOf(':') < 0 || !hasOnly(text, "0123456789abcdefABCDEF:.")) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean hasOnly(String text, String characters) {
    return text.chars().allMatch(at -> characters.indexOf(at) >= 0);
  }
}
