package gyre.balancer;

import gyre.proxy.ProxyTrust;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where an active balancer tells passive ones of itself, and whom. Immutable.
 *
 * @param address where it listens
 * @param followers addresses and networks of those who may follow, as {@code 10.0.0.2} or {@code
 *     10.0.0.0/24}: they are told which client has which target
 */
public record ReplicationConfig(InetSocketAddress address, List<String> followers) {
  public ReplicationConfig {
    followers = List.copyOf(followers);
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("address is " + address + ": must be an address");
    }
    if (followers.isEmpty()) {
      throw new IllegalArgumentException("followers is empty: name who may follow");
    }
    ProxyTrust checked = trust(followers);
    assert checked != null;
  }

  public static ReplicationConfig of(InetSocketAddress address, String... followers) {
    return new ReplicationConfig(address, List.of(followers));
  }

  private static ProxyTrust trust(List<String> followers) {
    return ProxyTrust.of(followers.toArray(String[]::new));
  }

  /** Who is one of them. */
  ProxyTrust trust() {
    return trust(followers);
  }
}
