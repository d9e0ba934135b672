package gyre.balancer;

import java.net.InetSocketAddress;

/**
 * A target as the configuration has it. Immutable; each method that takes a value gives a changed
 * copy, and throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * @param name unique in its pool; by default the address
 * @param address a name in it that is not resolved is looked up, and each of its addresses is a
 *     target
 * @param weight its part of the connections beside the others; 0 gets none
 * @param backup gets connections only while no other target is healthy
 * @param zone where it stands; empty if nobody cares
 * @param maxConnections at the same time; 0 is without a limit
 */
public record TargetConfig(
    String name,
    InetSocketAddress address,
    int weight,
    boolean backup,
    String zone,
    int maxConnections) {
  public static final int WEIGHT_LIMIT = 1000;

  public TargetConfig {
    Limits.name(name);
    Limits.between("weight", weight, 0, WEIGHT_LIMIT);
    Limits.between("maxConnections", maxConnections, 0, Integer.MAX_VALUE);
  }

  public static TargetConfig of(InetSocketAddress address) {
    return new TargetConfig(Addresses.format(address), address, 1, false, "", 0);
  }

  public TargetConfig name(String value) {
    return new TargetConfig(value, address, weight, backup, zone, maxConnections);
  }

  TargetConfig address(InetSocketAddress value) {
    return new TargetConfig(name, value, weight, backup, zone, maxConnections);
  }

  public TargetConfig weight(int value) {
    return new TargetConfig(name, address, value, backup, zone, maxConnections);
  }

  public TargetConfig backup(boolean on) {
    return new TargetConfig(name, address, weight, on, zone, maxConnections);
  }

  public TargetConfig zone(String value) {
    return new TargetConfig(name, address, weight, backup, value, maxConnections);
  }

  public TargetConfig maxConnections(int value) {
    return new TargetConfig(name, address, weight, backup, zone, value);
  }
}
