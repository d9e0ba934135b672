package gyre.balancer;

import gyre.Fiber;
import gyre.net.HandedListener;
import gyre.sync.Mutex;
import gyre.sync.Permit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The configuration that is in force, with the pools and listeners that were made of it. Read from
 * anywhere; changed on the control loop, by one fiber at a time. A change that fails has changed
 * nothing: what may fail is done before anything that is in force is touched.
 */
final class ActiveConfig {
  /** Whether it may still be changed. */
  private enum Phase {
    OPEN,
    HANDED_OVER,
    STOPPING
  }

  private final Balancer balancer;
  private final Events events;

  /** Listeners of former configurations, whose connections go on. */
  private final Set<Listener> leaving = ConcurrentHashMap.newKeySet();

  private volatile BalancerConfig config;
  private volatile Map<String, Pool> pools = Map.of();
  private volatile Map<String, Listener> listeners = Map.of();
  private volatile @Nullable AccessLog accessLog;
  private volatile Phase phase = Phase.OPEN;

  /** On the control loop, made there. */
  private @Nullable Mutex changing;

  ActiveConfig(Balancer balancer, BalancerConfig config, Events events) {
    this.balancer = balancer;
    this.config = config;
    this.events = events;
  }

  BalancerConfig config() {
    return config;
  }

  /** Whether this configuration is in force. */
  boolean isWhole(BalancerConfig wanted) {
    return config.equals(wanted);
  }

  Map<String, Pool> pools() {
    return pools;
  }

  Map<String, Listener> listeners() {
    return listeners;
  }

  @Nullable AccessLog accessLog() {
    return accessLog;
  }

  // ---- changing

  /** Keeps others from changing it until the permit is closed. On the control loop; parks. */
  Permit hold() {
    Mutex known = changing;
    if (known == null) {
      known = Mutex.create("configuration of the balancer");
      changing = known;
    }
    return known.hold();
  }

  /**
   * Does what {@code next} says from now on. On the control loop, while {@link #hold} is.
   *
   * @param from an old process whose sockets are gone on with; null if there is none
   * @throws IllegalStateException if it is too late for that
   */
  void apply(BalancerConfig next, @Nullable HandOver from) {
    change(next, from, false);
  }

  /**
   * As {@link #apply}, where the pools are those that are in force: what operators have said of
   * them stays.
   */
  void applyListeners(BalancerConfig next) {
    change(next, null, true);
  }

  private void change(BalancerConfig next, @Nullable HandOver from, boolean isSamePools) {
    checkOpen();
    StartOnly.checkSame(config, next);
    Map<String, Pool> before = pools;
    Map<String, Pool> wanted = poolsOf(next);
    Map<String, Listener> opened = new LinkedHashMap<>();
    AccessLog log = null;
    boolean isDone = false;
    try {
      publishNew(before, wanted); // new listeners may have connections at once
      if (from != null) {
        from.restore(balancer);
      }
      log = openLog(next);
      Map<String, Listener> kept = kept(next);
      open(next, kept, opened, from);
      checkOpen();
      isDone = true;
      if (!isSamePools) {
        updateAll(next, before);
      }
      finish(next, wanted, kept, opened);
      useLog(next, log);
    } finally {
      if (!isDone) {
        opened.values().forEach(listener -> listener.close(Duration.ZERO));
        pools = before;
        closeOthers(wanted, before);
        if (log != null) {
          log.close();
        }
      }
    }
    closeOthers(before, wanted);
    if (phase != Phase.OPEN) { // it came between the check and the change
      stop(Duration.ZERO);
    }
  }

  private void checkOpen() {
    switch (phase) {
      case OPEN -> {}
      case HANDED_OVER ->
          throw new IllegalStateException("another process has taken over: ask that one");
      case STOPPING -> throw new IllegalStateException("the balancer stops");
    }
  }

  private Map<String, Pool> poolsOf(BalancerConfig next) {
    Map<String, Pool> wanted = new LinkedHashMap<>();
    for (PoolConfig each : next.pools()) {
      Pool known = pools.get(each.name());
      wanted.put(each.name(), known == null ? new Pool(each, events) : known);
    }
    return wanted;
  }

  private void publishNew(Map<String, Pool> before, Map<String, Pool> wanted) {
    Map<String, Pool> both = new LinkedHashMap<>(before);
    wanted.forEach((name, pool) -> {
      if (both.putIfAbsent(name, pool) == null) {
        update(pool, pool.config());
      }
    });
    pools = Map.copyOf(both);
  }

  private void updateAll(BalancerConfig next, Map<String, Pool> before) {
    for (PoolConfig each : next.pools()) {
      Pool known = before.get(each.name());
      if (known != null) {
        update(known, each);
      }
    }
  }

  private void update(Pool pool, PoolConfig next) {
    pool.update(next, Discovery.known(pool, next), balancer.control());
  }

  private void closeOthers(Map<String, Pool> some, Map<String, Pool> stay) {
    some.forEach((name, pool) -> {
      if (!stay.containsKey(name)) {
        pool.close();
        balancer.forget(pool);
      }
    });
  }

  /** The log of {@code next}, if that is another one. */
  private @Nullable AccessLog openLog(BalancerConfig next) {
    Path file = next.accessLog();
    AccessLog known = accessLog;
    return file == null || (known != null && known.file().equals(file))
        ? null
        : AccessLog.open(file, text -> events.tell(balancer.control().now(), "", text));
  }

  private void useLog(BalancerConfig next, @Nullable AccessLog opened) {
    AccessLog known = accessLog;
    if (opened == null && next.accessLog() != null) {
      if (known != null) {
        known.reopen();
      }
      return;
    }
    accessLog = opened;
    if (known != null) {
      known.end();
    }
  }

  /** By the names that they get: listeners that can go on where they are. */
  private Map<String, Listener> kept(BalancerConfig next) {
    Map<String, Listener> left = new LinkedHashMap<>(listeners);
    Map<String, Listener> kept = new LinkedHashMap<>();
    for (ListenConfig each : next.listens()) {
      Listener known = left.get(each.name());
      if (known != null && known.config().isSamePlace(each)) {
        kept.put(each.name(), known);
        left.remove(each.name());
      }
    }
    for (ListenConfig each : next.listens()) { // the same places under other names
      for (Listener known : List.copyOf(left.values())) {
        if (!kept.containsKey(each.name())
            && each.address().getPort() != 0
            && known.config().isSamePlace(each)) {
          kept.put(each.name(), known);
          left.values().remove(known);
        }
      }
    }
    return kept;
  }

  /** Those that may fail come first: who connects to a socket of the old process is served. */
  private void open(
      BalancerConfig next,
      Map<String, Listener> kept,
      Map<String, Listener> opened,
      @Nullable HandOver from) {
    Map<ListenConfig, HandedListener> handed = new LinkedHashMap<>();
    for (ListenConfig each : next.listens()) {
      if (kept.containsKey(each.name())) {
        continue;
      }
      HandedListener found = from == null ? null : from.find(each);
      if (found == null) {
        opened.put(each.name(), Listener.open(balancer, each, null));
      } else {
        handed.put(each, found);
      }
    }
    handed.forEach(
        (each, socket) -> opened.put(each.name(), Listener.open(balancer, each, socket)));
  }

  /** Nothing in here can fail. */
  private void finish(
      BalancerConfig next,
      Map<String, Pool> wanted,
      Map<String, Listener> kept,
      Map<String, Listener> opened) {
    List<Listener> gone = new ArrayList<>(listeners.values());
    Map<String, Listener> all = new LinkedHashMap<>();
    for (ListenConfig each : next.listens()) {
      Listener one = opened.get(each.name());
      if (one == null) {
        one = kept.get(each.name());
        assert one != null : each;
        one.change(each);
        gone.remove(one);
      }
      all.put(each.name(), one);
    }
    config = next;
    listeners = Collections.unmodifiableMap(all);
    pools = Collections.unmodifiableMap(wanted);
    balancer.keepRates(all.keySet());
    gone.forEach(listener -> closeSoon(listener, next.stopTimeout()));
  }

  private void closeSoon(Listener listener, Duration drain) {
    LoopPart control = balancer.control();
    String name = listener.config().name();
    events.tell(
        control.now(), name, "no longer listens on " + Addresses.format(listener.address()));
    leaving.add(listener);
    Fiber<?> ignored =
        control
            .loop()
            .start(
                "close " + name,
                () -> {
                  listener.close(drain);
                  leaving.remove(listener);
                });
  }

  // ---- the end

  /** Another process has the sockets of TCP. Parks until nothing listens here any more. */
  void handedOver() {
    phase = Phase.HANDED_OVER;
    for (Listener each : listeners.values()) {
      each.handedOver();
    }
  }

  /** Stops listening. From any thread; does not wait. */
  void stop(Duration drain) {
    phase = Phase.STOPPING;
    listeners.values().forEach(listener -> listener.stop(drain));
    leaving.forEach(listener -> listener.stop(drain));
  }

  /** Stops listening, and waits for the connections, at most so long. From any thread. */
  void close(Duration drain) {
    stop(drain);
    listeners.values().forEach(listener -> listener.close(drain));
    leaving.forEach(listener -> listener.close(drain));
    AccessLog log = accessLog;
    if (log != null) {
      log.close();
    }
  }
}
