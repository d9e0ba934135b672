package gyre.balancer;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a balancer does. Immutable; each method that takes a value gives a changed copy.
 *
 * @param listens where clients come to
 * @param pools where their connections go
 * @param maxConnections of all listeners together; beyond it new ones are reset. 0 is no limit
 * @param stopTimeout how long connections may go on when the balancer is stopped
 * @param loops how many loops, each with a thread; 0 is one for each processor
 * @param control the path of the socket for commands; null for none
 * @param accessLog where a line is written for each connection; null for nowhere
 * @param web where the page and the metrics are; null for nowhere
 * @param nameServers who is asked for the names of targets; empty for those of the system
 * @param replicate where passive balancers are told of this one, and which; null for nowhere
 * @param standby what a passive one does; null for one that is active
 */
public record BalancerConfig(
    List<ListenConfig> listens,
    List<PoolConfig> pools,
    int maxConnections,
    Duration stopTimeout,
    int loops,
    @Nullable Path control,
    @Nullable Path accessLog,
    @Nullable InetSocketAddress web,
    List<InetSocketAddress> nameServers,
    @Nullable ReplicationConfig replicate,
    @Nullable StandbyConfig standby) {
  public BalancerConfig {
    listens = List.copyOf(listens);
    pools = List.copyOf(pools);
    nameServers = List.copyOf(nameServers);
    Limits.between("maxConnections", maxConnections, 0, Integer.MAX_VALUE);
    Limits.notNegative("stopTimeout", stopTimeout);
    Limits.between("loops", loops, 0, 1024);
    Map<String, PoolConfig> known = new LinkedHashMap<>();
    for (PoolConfig pool : pools) {
      if (known.put(pool.name(), pool) != null) {
        throw new IllegalArgumentException("two pools have the name " + pool.name());
      }
    }
    for (ListenConfig listen : listens) {
      check(listen, known);
    }
  }

  private static void check(ListenConfig listen, Map<String, PoolConfig> known) {
    String missing = known.containsKey(listen.pool()) ? null : listen.pool();
    for (String each : listen.serverNames().values()) {
      missing = known.containsKey(each) ? missing : each;
    }
    for (String each : listen.applicationProtocols().values()) {
      missing = known.containsKey(each) ? missing : each;
    }
    if (missing != null) {
      throw new IllegalArgumentException(
          "listener "
              + listen.name()
              + ": there is no pool \""
              + missing
              + "\"; there are: "
              + String.join(", ", known.keySet()));
    }
  }

  public static BalancerConfig of(List<ListenConfig> listens, List<PoolConfig> pools) {
    return new BalancerConfig(
        listens, pools, 0, Duration.ofSeconds(30), 0, null, null, null, List.of(), null, null);
  }

  /** The simple case: one listener, one pool, checked by connecting. */
  public static BalancerConfig simple(InetSocketAddress listen, List<InetSocketAddress> targets) {
    List<TargetConfig> all = targets.stream().map(TargetConfig::of).toList();
    PoolConfig pool =
        PoolConfig.of("main", all)
            .health(HealthConfig.of(new HealthConfig.Check.Tcp()))
            .outlier(OutlierConfig.defaults());
    return of(List.of(ListenConfig.of("main", listen, "main")), List.of(pool));
  }

  /**
   * As {@link #simple(InetSocketAddress, List)}, of addresses as people write them.
   *
   * @param listen {@code HOST:PORT}, or {@code :PORT} for all addresses of this machine
   * @param targets {@code HOST:PORT}; a name is looked up, again and again
   * @throws IllegalArgumentException that says which of them is wrong
   */
  public static BalancerConfig simple(String listen, List<String> targets) {
    InetSocketAddress where = Addresses.parse(listen, "0.0.0.0");
    if (where.isUnresolved()) {
      throw new IllegalArgumentException(
          "\"" + listen + "\" needs an address of this machine, or none: \":8080\"");
    }
    return simple(where, targets.stream().map(text -> Addresses.parse(text, null)).toList());
  }

  public BalancerConfig listens(List<ListenConfig> value) {
    return new BalancerConfig(
        value,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig pools(List<PoolConfig> value) {
    return new BalancerConfig(
        listens,
        value,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig maxConnections(int value) {
    return new BalancerConfig(
        listens,
        pools,
        value,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig stopTimeout(Duration value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        value,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig loops(int value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        value,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig control(@Nullable Path value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        value,
        accessLog,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig accessLog(@Nullable Path value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        value,
        web,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig web(@Nullable InetSocketAddress value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        value,
        nameServers,
        replicate,
        standby);
  }

  public BalancerConfig nameServers(List<InetSocketAddress> value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        value,
        replicate,
        standby);
  }

  public BalancerConfig replicate(@Nullable ReplicationConfig value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        value,
        standby);
  }

  public BalancerConfig standby(@Nullable StandbyConfig value) {
    return new BalancerConfig(
        listens,
        pools,
        maxConnections,
        stopTimeout,
        loops,
        control,
        accessLog,
        web,
        nameServers,
        replicate,
        value);
  }
}
