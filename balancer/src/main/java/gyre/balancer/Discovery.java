package gyre.balancer;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.DnsConfig;
import gyre.net.DnsResolver;
import gyre.net.DnsService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the names of targets, again and again: a fiber on the control loop for each pool that
 * has names. Each address of a name is a target. Where looking up fails the last answer stays: a
 * name server that is down must not take the service with it.
 */
final class Discovery {
  private final LoopPart part;
  private final Scope scope;
  private final IdentityHashMap<Pool, Fiber<?>> running = new IdentityHashMap<>();
  private @Nullable DnsResolver resolver;

  /** In the current scope, which ends it. */
  Discovery(LoopPart part) {
    this.part = part;
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
        if (target.name().startsWith(each.name() + "@")) {
          all.put(target.name(), found(each, target.config().address()));
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

  private void lookUpAll(Pool pool) throws IOException {
    try {
      while (pool.config().isDiscovering() && !pool.isClosed()) {
        once(pool);
        Fiber.sleep(pool.config().resolveInterval());
      }
    } finally {
      running.remove(pool);
    }
  }

  private void once(Pool pool) throws IOException {
    PoolConfig rules = pool.config();
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
    if (rules.equals(pool.config())) { // nobody has changed it while this waited
      pool.refresh(List.copyOf(all.values()), part);
    }
  }

  private List<TargetConfig> resolve(Pool pool, PoolConfig rules, TargetConfig named)
      throws IOException {
    List<TargetConfig> found = new ArrayList<>();
    try {
      for (InetAddress each : resolver().resolve(named.address().getHostString())) {
        found.add(found(named, new InetSocketAddress(each, named.address().getPort())));
      }
    } catch (UnknownHostException e) {
      pool.notFound(named.name(), String.valueOf(e.getMessage()), part);
      return known(pool, rules.targets(List.of(named)).service(""));
    }
    pool.found(named.name());
    return found;
  }

  private List<TargetConfig> services(Pool pool, PoolConfig rules) throws IOException {
    List<TargetConfig> found = new ArrayList<>();
    String service = rules.service();
    try {
      List<DnsService> all = resolver().services(service);
      int first = all.getFirst().priority();
      for (DnsService each : all) {
        for (InetAddress address : resolver().resolve(each.host())) {
          InetSocketAddress where = new InetSocketAddress(address, each.port());
          found.add(
              TargetConfig.of(where)
                  .name(service + "@" + Addresses.format(where))
                  .weight(Math.clamp(each.weight(), 1, TargetConfig.WEIGHT_LIMIT))
                  .backup(each.priority() > first));
        }
      }
    } catch (UnknownHostException e) {
      pool.notFound(service, String.valueOf(e.getMessage()), part);
      return known(pool, rules.targets(List.of()));
    }
    pool.found(service);
    return found;
  }

  private DnsResolver resolver() throws IOException {
    DnsResolver known = resolver;
    if (known == null) {
      known = DnsResolver.open(DnsConfig.system());
      resolver = known;
    }
    return known;
  }
}
