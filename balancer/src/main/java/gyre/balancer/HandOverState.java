package gyre.balancer;

import gyre.io.ByteStream;
import gyre.net.UnixStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a balancer knows beyond its configuration, as lines of JSON for another one: what operators
 * have said, what checks and names have told, and which client had which target.
 *
 * <p>The other one may have another configuration: what does not fit there is passed over.
 */
final class HandOverState {
  private static final String POOL = "pool";
  private static final String TARGET = "target";
  private static final String ADDRESS = "address";
  private static final String WEIGHT = "weight";
  private static final String ROLE = "role";
  private static final String REASON = "it was so in the old process";

  private HandOverState() {}

  // ---- the role in a pair

  static void writeRole(UnixStream stream, Balancer balancer) {
    Standby.Role role = balancer.pair().role();
    if (role != null) {
      write(stream, Map.of(ROLE, role.name()));
    }
  }

  static Standby.@Nullable Role role(List<Map<String, String>> lines) {
    for (Map<String, String> each : lines) {
      if (each.containsKey(ROLE)) {
        return Standby.Role.valueOf(text(each, ROLE));
      }
    }
    return null;
  }

  // ---- targets

  /** All that has to be known before the first connection is accepted. */
  static void writeTargets(UnixStream stream, Balancer balancer) {
    for (Pool pool : balancer.pools()) {
      for (String each : pool.removed()) {
        write(stream, Map.of(POOL, pool.name(), "removed", each));
      }
      List<TargetConfig> added = pool.added();
      for (Target each : pool.targets()) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(POOL, pool.name());
        line.put(TARGET, each.name());
        line.put("state", each.admin().name());
        line.put("health", each.health().name());
        if (each.weight() != each.config().weight()) {
          line.put(WEIGHT, each.weight());
        }
        boolean isAdded = added.contains(each.config());
        if (isAdded || pool.config().isDiscovering()) {
          line.put(isAdded ? "added" : "found", true);
          line.put(ADDRESS, Addresses.format(each.config().address()));
          line.put("own_weight", each.config().weight());
          line.put("backup", each.config().backup());
          line.put("zone", each.config().zone());
          line.put("max_connections", each.config().maxConnections());
        }
        write(stream, line);
      }
    }
  }

  /** Does what the lines of {@link #writeTargets} say. */
  static void restoreTargets(Balancer balancer, List<Map<String, String>> lines) {
    LoopPart control = balancer.control();
    for (Pool pool : balancer.pools()) {
      List<Map<String, String>> own = new ArrayList<>();
      for (Map<String, String> each : lines) {
        if (pool.name().equals(each.get(POOL))) {
          own.add(each);
        }
      }
      found(pool, own, control);
      own.forEach(each -> restore(pool, each, control));
    }
  }

  /** Those that names had led to: to look them up takes its time. */
  private static void found(Pool pool, List<Map<String, String>> lines, LoopPart control) {
    if (!pool.config().isDiscovering()) {
      return;
    }
    Map<String, TargetConfig> all = new LinkedHashMap<>();
    Discovery.known(pool, pool.config()).forEach(each -> all.put(each.name(), each));
    for (Map<String, String> each : lines) {
      if (each.containsKey("found") && Discovery.isOf(pool.config(), text(each, TARGET))) {
        all.put(text(each, TARGET), config(each));
      }
    }
    pool.refresh(List.copyOf(all.values()), control);
  }

  private static void restore(Pool pool, Map<String, String> line, LoopPart control) {
    Target removed = pool.find(text(line, "removed"));
    if (removed != null) {
      pool.remove(removed, control);
    }
    Target target = pool.find(text(line, TARGET));
    if (target == null && line.containsKey("added")) {
      pool.add(config(line), control);
      target = pool.find(text(line, TARGET));
    }
    if (target == null) {
      return;
    }
    pool.admin(target, AdminState.valueOf(text(line, "state")), REASON, control);
    if (line.containsKey(WEIGHT)) {
      pool.weight(target, Integer.parseInt(text(line, WEIGHT)), REASON, control);
    }
    Target.Health health = Target.Health.valueOf(text(line, "health"));
    boolean isChecked = pool.config().health() != null; // or nothing would ever say UP again
    if (isChecked && health != Target.Health.UNKNOWN) {
      pool.health(target, health == Target.Health.UP, REASON, control);
    }
  }

  private static TargetConfig config(Map<String, String> line) {
    InetSocketAddress address = Addresses.parse(text(line, ADDRESS), null);
    return TargetConfig.of(address)
        .name(text(line, TARGET))
        .weight(Integer.parseInt(text(line, "own_weight")))
        .backup(Boolean.parseBoolean(text(line, "backup")))
        .zone(text(line, "zone"))
        .maxConnections(Integer.parseInt(text(line, "max_connections")));
  }

  // ---- clients

  /** Which client had which target. */
  static void writeClients(UnixStream stream, Balancer balancer) {
    for (Pool pool : balancer.pools()) {
      writeClients(stream, pool, 0, balancer.control().nanoTime());
    }
  }

  /** What has changed since the table had so many {@link Persistence#touches}. */
  static void writeClients(ByteStream stream, Pool pool, long since, long now) {
    for (Persistence.Entry each : pool.persistence().changedSince(since, now)) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put(POOL, pool.name());
      line.put("client", each.client().getHostAddress());
      line.put(TARGET, each.target());
      line.put("left_ms", each.leftNanos() / 1_000_000);
      write(stream, line);
    }
  }

  static void restoreClient(Balancer balancer, Map<String, String> line) {
    Pool pool = balancer.pool(text(line, POOL));
    if (pool == null) {
      return;
    }
    InetAddress client;
    try {
      client = InetAddress.ofLiteral(text(line, "client"));
    } catch (IllegalArgumentException e) {
      return; // of a link that is not there any more
    }
    long leftNanos = Long.parseLong(text(line, "left_ms")) * 1_000_000;
    pool.persistence()
        .put(
            client,
            text(line, TARGET),
            balancer.control().nanoTime() + leftNanos,
            pool.config().persistenceEntries(),
            true);
  }

  private static String text(Map<String, String> line, String key) {
    return line.getOrDefault(key, "");
  }

  private static void write(ByteStream stream, Map<String, ?> line) {
    stream.write(JsonText.write(line) + "\n");
  }
}
