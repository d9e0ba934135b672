package gyre.balancer;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.DnsConfig;
import gyre.net.DnsResolver;
import gyre.net.DnsService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the names of targets, again and again: a fiber on the control loop for each pool that
 * has names. Each address of a name is a target. Where looking up fails the last answer stays: a
 * name server that is down must not take the service with it.
 */
final class Discovery {
  private static final Duration LOOK = Duration.ofMillis(200);

  private final Balancer balancer;
  private final LoopPart part;
  private final Scope scope;
  private final IdentityHashMap<Pool, Fiber<?>> running = new IdentityHashMap<>();
  private @Nullable DnsResolver resolver;

  /** Of these the resolver asks. */
  private List<InetSocketAddress> servers = List.of();

  /** In the current scope, which ends it. */
  Discovery(Balancer balancer) {
    this.balancer = balancer;
    this.part = balancer.control();
    this.scope = Scope.current();
  }

  /**
   * The targets that a pool has by this configuration, as far as they are known: those with an
   * address, and of names what was found before.
   */
  static List<TargetConfig> known(Pool pool, PoolConfig config) {
    Map<String, TargetConfig> all = new LinkedHashMap<>();
    for (TargetConfig each : config.targets()) {
      if (!each.address().isUnresolved()) {
        all.put(each.name(), each);
        continue;
      }
      for (Target target : pool.targets()) {
        InetSocketAddress address = target.config().address();
        if (target.name().startsWith(each.name() + "@")
            && address.getPort() == each.address().getPort()) {
          all.put(target.name(), found(each, address));
        }
      }
    }
    if (!config.service().isEmpty()) {
      for (Target target : pool.targets()) {
        if (target.name().startsWith(config.service() + "@")) {
          all.put(target.name(), target.config());
        }
      }
    }
    return List.copyOf(all.values());
  }

  /** Whether a target with this name is one that names of this configuration have led to. */
  static boolean isOf(PoolConfig config, String target) {
    int at = target.lastIndexOf('@');
    String name = at < 0 ? "" : target.substring(0, at);
    return !name.isEmpty()
        && (name.equals(config.service())
            || config.targets().stream()
                .anyMatch(each -> each.address().isUnresolved() && each.name().equals(name)));
  }

  private static TargetConfig found(TargetConfig named, InetSocketAddress address) {
    return named.address(address).name(named.name() + "@" + Addresses.format(address));
  }

  /** Starts what is missing. On the control loop. */
  void look(Iterable<Pool> pools) {
    for (Pool pool : pools) {
      if (pool.config().isDiscovering() && !running.containsKey(pool)) {
        running.put(pool, scope.start("names of " + pool.name(), () -> lookUpAll(pool)));
      }
    }
  }

  private void lookUpAll(Pool pool) {
    try {
      while (pool.config().isDiscovering() && !pool.isClosed()) {
        PoolConfig rules = pool.config();
        once(pool, rules);
        long until = part.nanoTime() + rules.resolveInterval().toNanos();
        while (part.nanoTime() - until < 0 && rules.equals(pool.config()) && !pool.isClosed()) {
          Fiber.sleep(LOOK.compareTo(rules.resolveInterval()) < 0 ? LOOK : rules.resolveInterval());
        }
      }
    } finally {
      running.remove(pool);
    }
  }

  private void once(Pool pool, PoolConfig rules) {
    Map<String, TargetConfig> all = new LinkedHashMap<>();
    for (TargetConfig each : rules.targets()) {
      if (each.address().isUnresolved()) {
        resolve(pool, rules, each).forEach(found -> all.put(found.name(), found));
      } else {
        all.put(each.name(), each);
      }
    }
    if (!rules.service().isEmpty()) {
      services(pool, rules).forEach(found -> all.put(found.name(), found));
    }
    if (rules.equals(pool.config()) && !pool.isClosed()) { // nobody has changed it meanwhile
      pool.refresh(List.copyOf(all.values()), part);
    }
  }

  private List<TargetConfig> resolve(Pool pool, PoolConfig rules, TargetConfig named) {
    List<TargetConfig> found = new ArrayList<>();
    List<InetAddress> addresses = addresses(pool, named.name(), named.address().getHostString());
    if (addresses.isEmpty()) {
      return known(pool, rules.targets(List.of(named)).service(""));
    }
    for (InetAddress each : addresses) {
      found.add(found(named, new InetSocketAddress(each, named.address().getPort())));
    }
    return found;
  }

  /** Empty if it failed, which is told. */
  private List<InetAddress> addresses(Pool pool, String subject, String host) {
    try {
      List<InetAddress> found = resolver().resolveAll(host);
      pool.found(subject);
      return found;
    } catch (IOException | RejectedExecutionException e) {
      pool.notFound(subject, String.valueOf(e.getMessage()), part);
      return List.of();
    }
  }

  private List<TargetConfig> services(Pool pool, PoolConfig rules) {
    String service = rules.service();
    List<TargetConfig> before = known(pool, rules.targets(List.of()));
    List<DnsService> all;
    try {
      all = resolver().services(service);
      pool.found(service);
    } catch (IOException | RejectedExecutionException e) {
      pool.notFound(service, String.valueOf(e.getMessage()), part);
      return before;
    }
    List<TargetConfig> found = new ArrayList<>();
    int first = all.getFirst().priority();
    for (DnsService each : all) {
      List<InetAddress> addresses = addresses(pool, service + " at " + each.host(), each.host());
      if (addresses.isEmpty()) { // nobody knows whose they were, so none is given up
        before.stream().filter(known -> isUnknown(known, found)).forEach(found::add);
      }
      for (InetAddress address : addresses) {
        InetSocketAddress where = new InetSocketAddress(address, each.port());
        TargetConfig target =
            TargetConfig.of(where)
                .name(service + "@" + Addresses.format(where))
                .weight(Math.clamp(each.weight(), 1, TargetConfig.WEIGHT_LIMIT))
                .backup(each.priority() > first);
        found.removeIf(known -> known.name().equals(target.name()));
        found.add(target);
      }
    }
    return found;
  }

  private static boolean isUnknown(TargetConfig target, List<TargetConfig> found) {
    return found.stream().noneMatch(each -> each.name().equals(target.name()));
  }

  /** By the configuration of now: the servers that it names, or those of the system. */
  private DnsResolver resolver() throws IOException {
    List<InetSocketAddress> wanted = balancer.config().nameServers();
    DnsResolver known = resolver;
    if (known == null || !wanted.equals(servers)) {
      DnsConfig config =
          wanted.isEmpty()
              ? DnsConfig.system()
              : DnsConfig.of(wanted.toArray(InetSocketAddress[]::new));
      if (known != null) {
        known.close();
      }
      known = DnsResolver.open(config);
      resolver = known;
      servers = wanted;
    }
    return known;
  }
}
