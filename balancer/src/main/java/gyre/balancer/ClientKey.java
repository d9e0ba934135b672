package gyre.balancer;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * A client's address, or its network, as a key of a map that clients fill. The hash is mixed with a
 * number that nobody outside knows, and keys can be compared: whoever has a whole network, as
 * everybody with IPv6 does, can't choose addresses that make a map slow. The hash codes of {@link
 * InetAddress} are sums.
 */
record ClientKey(long high, long low) implements Comparable<ClientKey> {
  private static final long SEED = new SplittableRandom().nextLong();
  private static final int BYTES_OF_IPV6 = 16;

  /** The whole address. */
  static ClientKey of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return bytes.remaining() == BYTES_OF_IPV6
        ? new ClientKey(bytes.getLong(), bytes.getLong())
        : new ClientKey(0, bytes.getInt());
  }

  /** The address for IPv4, and for IPv6 the network of 64 bits, which is the least one has. */
  static ClientKey ofNetwork(InetAddress address) {
    ClientKey whole = of(address);
    return whole.high == 0 ? whole : new ClientKey(whole.high, 0);
  }

  @Override
  public int hashCode() {
    long mixed = (high ^ SEED) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 32) ^ low) * 0xD6E8FEB86659FD93L;
    mixed ^= mixed >>> 32;
    return (int) ((mixed * 0xD6E8FEB86659FD93L) >>> 32);
  }

  @Override
  public int compareTo(ClientKey other) {
    int first = Long.compare(high, other.high);
    return first != 0 ? first : Long.compare(low, other.low);
  }
}
