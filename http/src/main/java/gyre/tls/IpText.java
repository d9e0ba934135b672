package gyre.tls;

import java.net.InetAddress;

/** Addresses as text; names are looked up nowhere here. */
final class IpText {
  private static final byte[] NONE = {};

  private IpText() {}

  static boolean isAddress(String text) {
    return bytes(text).length > 0;
  }

  /** The bytes of an address; empty if the text is a name. */
  static byte[] bytes(String text) {
    try {
      return InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return NONE;
    }
  }
}
