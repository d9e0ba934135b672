package gyre.proxy;

import java.net.InetAddress;

/**
 * A block of addresses, as {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single one. An address is
 * written in full: {@code 10/8} would be read as a block of others.
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Cidr(byte[] address, int bits) {
  /**
   * @throws IllegalArgumentException if the text is none
   */
  static Cidr parse(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    try {
      if (host.indexOf(':') < 0 && !ProxyDecoder.isStrictFour(host)) {
        throw new IllegalArgumentException("four numbers from 0 to 255 are needed");
      }
      byte[] address = InetAddress.ofLiteral(host).getAddress();
      int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
      if (bits < 0 || bits > address.length * 8) {
        throw new IllegalArgumentException("0 to " + address.length * 8 + " bits");
      }
      return new Cidr(address, bits);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no block of addresses like 10.0.0.0/8: " + e.getMessage(), e);
    }
  }

  boolean contains(InetAddress other) {
    byte[] bytes = other.getAddress();
    if (bytes.length != address.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit += 8) {
      int left = Math.min(8, bits - bit);
      int mask = 0xFF << (8 - left) & 0xFF;
      if (((bytes[bit / 8] ^ address[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
