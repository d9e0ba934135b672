package gyre.balancer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators can ask and say while the balancer runs: flat JSON objects in, JSON objects out.
 * Everything runs on the control loop. An answer has {@code "ok"}, and where that is false {@code
 * "error"}.
 */
final class Commands {
  private static final String KNOWN =
      "list, stats, events, drain, maintenance, ready, weight, add, remove, reload, stop";

  private final Balancer balancer;

  Commands(Balancer balancer) {
    this.balancer = balancer;
  }

  /** From any thread. */
  String answer(String request) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    try {
      Map<String, String> words = JsonText.readFlat(request);
      answer.put("ok", true);
      boolean ignored =
          balancer.onControl(() -> {
            run(words, answer);
            return true;
          });
    } catch (RuntimeException e) {
      answer.clear();
      answer.put("ok", false);
      answer.put("error", e.getMessage() == null ? e.toString() : e.getMessage());
    }
    return JsonText.write(answer);
  }

  private void run(Map<String, String> words, Map<String, @Nullable Object> answer)
      throws Exception {
    String command = needed(words, "command");
    switch (command) {
      case "list" -> answer.put("pools", pools());
      case "stats" -> stats(answer);
      case "events" -> answer.put("events", events());
      case "drain" -> admin(words, AdminState.DRAIN);
      case "maintenance" -> admin(words, AdminState.MAINTENANCE);
      case "ready" -> admin(words, AdminState.READY);
      case "weight" -> weight(words);
      case "add" -> answer.put("target", add(words));
      case "remove" -> remove(words);
      case "reload" -> balancer.reload();
      case "stop" -> balancer.askToStop();
      default -> throw new IllegalArgumentException("\"" + command + "\" is none of: " + KNOWN);
    }
  }

  private static String needed(Map<String, String> words, String key) {
    String value = words.get(key);
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("\"" + key + "\" is missing");
    }
    return value;
  }

  // ---- asking

  private List<Object> pools() {
    long now = balancer.control().nanoTime();
    List<Object> all = new ArrayList<>();
    for (Pool pool : balancer.pools()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", pool.name());
      one.put("algorithm", pool.config().algorithm().label());
      one.put("panic", pool.isPanic());
      one.put("waiting", pool.line().size());
      one.put("remembered", pool.persistence().size());
      List<Object> targets = new ArrayList<>();
      pool.targets().forEach(target -> targets.add(target(target, now)));
      one.put("targets", targets);
      all.add(one);
    }
    return all;
  }

  private static Map<String, Object> target(Target target, long now) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("name", target.name());
    one.put("address", Addresses.format(target.config().address()));
    one.put("state", target.admin().label());
    one.put("health", target.health().name().toLowerCase(java.util.Locale.ROOT));
    one.put("reason", target.reason());
    one.put("left_out", target.isEjected(now));
    one.put("times_left_out", target.ejections());
    one.put("weight", target.weight());
    one.put("backup", target.config().backup());
    one.put("zone", target.config().zone());
    one.put("active", target.active());
    one.put("max_connections", target.config().maxConnections());
    one.put("connections", target.connections.sum());
    one.put("failures", target.failures.sum());
    long connections = target.connections.sum();
    one.put("connect_us", connections == 0 ? 0L : target.connectNanos.sum() / connections / 1000);
    one.put("bytes_in", target.bytesIn.sum());
    one.put("bytes_out", target.bytesOut.sum());
    one.put("checks", target.checks.sum());
    one.put("failed_checks", target.failedChecks.sum());
    return one;
  }

  private void stats(Map<String, @Nullable Object> answer) {
    Counters counters = balancer.counters();
    answer.put("started", balancer.started().toString());
    answer.put("role", balancer.role());
    answer.put("loops", balancer.loops().size());
    answer.put("engine", balancer.loops().getFirst().engineName());
    answer.put("sessions", counters.sessions.get());
    counters.all().forEach(answer::put);
    List<Object> listeners = new ArrayList<>();
    for (Listener each : balancer.listeners()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", each.config().name());
      one.put("protocol", each.config().protocol().name().toLowerCase(java.util.Locale.ROOT));
      one.put("address", Addresses.format(each.address()));
      one.put("pool", each.config().pool());
      one.put("connections", each.connections());
      listeners.add(one);
    }
    answer.put("listeners", listeners);
  }

  private List<Object> events() {
    List<Object> all = new ArrayList<>();
    for (Events.Event each : balancer.events().newest()) {
      all.add(Map.of("at", each.at().toString(), "subject", each.subject(), "text", each.text()));
    }
    return all;
  }

  // ---- changing

  private record Place(Pool pool, Target target) {}

  private Pool pool(String name) {
    Pool pool = balancer.pool(name);
    if (pool == null) {
      throw new IllegalArgumentException(
          "there is no pool \""
              + name
              + "\"; there are: "
              + String.join(", ", balancer.pools().stream().map(Pool::name).toList()));
    }
    return pool;
  }

  private Place place(Map<String, String> words) {
    String path = needed(words, "target");
    int slash = path.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("\"" + path + "\" is not POOL/TARGET");
    }
    Pool pool = pool(path.substring(0, slash));
    Target target = pool.find(path.substring(slash + 1));
    if (target == null) {
      throw new IllegalArgumentException(
          "there is no target \""
              + path
              + "\"; there are: "
              + String.join(", ", pool.targets().stream().map(Target::path).toList()));
    }
    return new Place(pool, target);
  }

  private static String why(Map<String, String> words) {
    return words.getOrDefault("reason", "an operator wants it");
  }

  private void admin(Map<String, String> words, AdminState state) {
    Place place = place(words);
    place.pool().admin(place.target(), state, why(words), balancer.control());
  }

  private void weight(Map<String, String> words) {
    Place place = place(words);
    place.pool().weight(place.target(), number(words, "weight"), why(words), balancer.control());
  }

  private static int number(Map<String, String> words, String key) {
    String text = needed(words, key);
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + key + "\": " + text + " is no whole number", e);
    }
  }

  private String add(Map<String, String> words) {
    Pool pool = pool(needed(words, "pool"));
    TargetConfig target = TargetConfig.of(Addresses.parse(needed(words, "address"), null));
    if (target.address().isUnresolved()) {
      throw new IllegalArgumentException("add takes an address, no name: put that into the file");
    }
    target = words.containsKey("name") ? target.name(needed(words, "name")) : target;
    target = words.containsKey("weight") ? target.weight(number(words, "weight")) : target;
    target = target.backup(Boolean.parseBoolean(words.getOrDefault("backup", "false")));
    pool.add(target, balancer.control());
    return pool.name() + "/" + target.name();
  }

  private void remove(Map<String, String> words) {
    Place place = place(words);
    place.pool().remove(place.target(), balancer.control());
  }
}
