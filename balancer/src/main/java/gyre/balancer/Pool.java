package gyre.balancer;

import gyre.balancer.choice.Ballot;
import gyre.insight.text.Plural;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A pool while the balancer runs. Its choices are made on all loops; its targets and their states
 * change under its lock, each with a reason that is told to {@link Events}.
 */
final class Pool {
  private static final Target[] NO_TARGETS = {};

  /** So often a choice is repeated whose target was filled by another loop meanwhile. */
  private static final int RACES = 16;

  /** Where targets stand in the order of preference. */
  static final int TIERS = 3;

  private static final int BACKUP_TIER = 2;

  private final String name;
  private final Events events;
  private final Persistence persistence = new Persistence();
  private final WaitLine line = new WaitLine();
  private volatile PoolConfig config;
  private volatile Target[] targets = NO_TARGETS;

  /** Where it was told that too few are healthy. */
  private volatile boolean isPanic;

  private volatile boolean isClosed;

  /** Checks can't be made. */
  private volatile boolean isShort;

  private final AtomicBoolean isTransparencyTold = new AtomicBoolean();

  /** Names that could not be looked up. */
  private final Set<String> missing = new HashSet<>();

  /** What operators have added and removed since the configuration was read. */
  private final List<TargetConfig> added = new ArrayList<>();

  private final Set<String> removed = new HashSet<>();

  Pool(PoolConfig config, Events events) {
    this.name = config.name();
    this.config = config;
    this.events = events;
  }

  String name() {
    return name;
  }

  PoolConfig config() {
    return config;
  }

  Persistence persistence() {
    return persistence;
  }

  WaitLine line() {
    return line;
  }

  /** Connections fail as this process may not use clients' addresses. Told once. */
  void tellOfTransparency(LoopPart part) {
    if (isTransparencyTold.compareAndSet(false, true)) {
      events.tell(
          part.now(),
          name,
          "can't connect from clients' addresses (transparent): give this process CAP_NET_ADMIN,"
              + " on Linux");
    }
  }

  List<Target> targets() {
    return List.of(targets);
  }

  @Nullable Target find(String target) {
    for (Target each : targets) {
      if (each.name().equals(target)) {
        return each;
      }
    }
    return null;
  }

  boolean isPanic() {
    return isPanic;
  }

  // ---- choosing

  /**
   * Chooses a target, and counts a connection there.
   *
   * @param client null if nobody knows it
   * @param tried those that this client can't have any more
   */
  Decision decide(LoopPart part, @Nullable InetAddress client, Collection<Target> tried) {
    long now = part.nanoTime();
    Target[] all = targets;
    Target known = remembered(all, client, tried, now);
    if (known != null && known.tryTake()) {
      return new Decision.Chosen(known);
    }
    for (int race = 0; race < RACES; race++) {
      Ballot ballot = part.ballot();
      Decision without = fill(ballot, all, tried, part);
      if (without != null) {
        return without;
      }
      int index = part.chooser(this).choose(ballot, part.key(client), part.random());
      if (index == Ballot.NONE) {
        return Decision.Full.INSTANCE;
      }
      if (all[index].tryTake()) {
        return new Decision.Chosen(all[index]);
      }
    }
    return Decision.Full.INSTANCE;
  }

  private @Nullable Target remembered(
      Target[] all, @Nullable InetAddress client, Collection<Target> tried, long now) {
    if (client == null || config.persistence().isZero()) {
      return null;
    }
    String target = persistence.find(client, now);
    if (target != null) {
      for (Target each : all) {
        if (each.name().equals(target)) {
          return each.isUsable(now, isPanic) && !tried.contains(each) ? each : null;
        }
      }
    }
    return null;
  }

  /** The client has a connection to this target, and is to get it again. */
  void remember(InetAddress client, Target target, long now) {
    Duration time = config.persistence();
    if (!time.isZero()) {
      persistence.put(client, target.name(), now + time.toNanos(), config.persistenceEntries());
    }
  }

  /** Why there is nothing to choose, or null; then the ballot is filled. */
  private @Nullable Decision fill(
      Ballot ballot, Target[] all, Collection<Target> tried, LoopPart part) {
    long now = part.nanoTime();
    boolean panic = isPanicking(all, part);
    int healthyTiers = 0;
    int openTiers = 0;
    for (Target each : all) {
      if (each.isUsable(now, panic) && !tried.contains(each)) {
        int bit = 1 << tier(each);
        healthyTiers |= bit;
        openTiers |= each.isFull() ? 0 : bit;
      }
    }
    if (healthyTiers == 0) {
      return new Decision.Nobody(why(all, tried));
    }
    int tier = firstTier(healthyTiers, openTiers);
    if (tier == TIERS) {
      return Decision.Full.INSTANCE;
    }
    ballot.clear();
    part.tier(tier);
    Duration slowStart = config.slowStart();
    for (Target each : all) {
      boolean isHealthy = tier(each) == tier && each.isUsable(now, panic);
      boolean isOpen = isHealthy && !each.isFull() && !tried.contains(each);
      ballot.add(
          each.hash,
          isOpen ? each.ballotWeight(slowStart, now) : 0,
          isHealthy ? each.weight() : 0,
          isHealthy ? each.active() : 0);
    }
    return null;
  }

  /** Another zone helps out a full one, but a backup only those that are all unhealthy. */
  private static int firstTier(int healthyTiers, int openTiers) {
    boolean isBackupNeeded = (healthyTiers & ~(1 << BACKUP_TIER)) == 0;
    int candidates = isBackupNeeded ? openTiers : openTiers & ~(1 << BACKUP_TIER);
    return candidates == 0 ? TIERS : Integer.numberOfTrailingZeros(candidates);
  }

  private int tier(Target target) {
    if (target.config().backup()) {
      return BACKUP_TIER;
    }
    String zone = config.zone();
    return zone.isEmpty() || zone.equals(target.config().zone()) ? 0 : 1;
  }

  private static String why(Target[] all, Collection<Target> tried) {
    if (all.length == 0) {
      return "the pool has no targets";
    }
    return tried.isEmpty() ? "no target is healthy and ready" : "all that could be tried failed";
  }

  private boolean isPanicking(Target[] all, LoopPart part) {
    long now = part.nanoTime();
    int limit = config.panicPercent();
    if (limit == 0) {
      return false;
    }
    int ready = 0;
    int healthy = 0;
    for (Target each : all) {
      if (each.isUsable(now, true)) {
        ready++;
        healthy += each.isUsable(now, false) ? 1 : 0;
      }
    }
    boolean panic = ready > 0 && healthy * 100 < limit * ready;
    if (panic != isPanic) {
      tellPanic(panic, healthy, ready, part);
    }
    return panic;
  }

  private synchronized void tellPanic(boolean panic, int healthy, int ready, LoopPart part) {
    if (panic != isPanic) {
      isPanic = panic;
      events.tell(
          part.now(),
          name,
          (panic ? "panic: health is not heeded" : "panic is over")
              + ", as "
              + healthy
              + " of "
              + ready
              + " targets are healthy");
    }
  }

  // ---- what happens to targets

  /** A connection to it has ended, or was not made. */
  void release(Target target) {
    target.release();
    line.wake();
  }

  /** A check has decided. */
  synchronized void health(Target target, boolean isUp, String why, LoopPart part) {
    Target.Health was = target.health();
    Target.Health now = isUp ? Target.Health.UP : Target.Health.DOWN;
    if (was != now) {
      target.health(now, why, part.nanoTime());
      tell(part, target, (isUp ? "up" : "down") + ", as " + why);
      line.wake();
    }
  }

  /** A check could not be made, for want of something here. Told once until one can. */
  synchronized void notChecked(String why, LoopPart part) {
    if (!isShort) {
      isShort = true;
      events.tell(part.now(), name, "targets stay as they are, as no check can be made: " + why);
    }
  }

  void checked() {
    isShort = false;
  }

  synchronized void admin(Target target, AdminState state, String why, LoopPart part) {
    if (target.admin() != state) {
      target.admin(state);
      if (state == AdminState.MAINTENANCE) {
        target.health(Target.Health.UNKNOWN, "not checked while in maintenance", part.nanoTime());
      }
      tell(part, target, state.label() + ", as " + why);
      line.wake();
    }
  }

  synchronized void weight(Target target, int weight, String why, LoopPart part) {
    int before = target.weight();
    target.weight(weight);
    tell(part, target, "weight " + weight + " instead of " + before + ", as " + why);
    line.wake();
  }

  /** A connection to it failed. */
  void failed(Target target, String why, LoopPart part) {
    int inARow = target.failed();
    OutlierConfig rules = config.outlier();
    if (rules != null && inARow >= rules.failures()) {
      eject(target, rules, why, part);
    }
  }

  private synchronized void eject(Target target, OutlierConfig rules, String why, LoopPart part) {
    long now = part.nanoTime();
    int out = 0;
    for (Target each : targets) {
      out += each.isEjected(now) ? 1 : 0;
    }
    if (target.isEjected(now) || (out + 1) * 100 > rules.mostPercent() * targets.length) {
      return;
    }
    Duration time = target.eject(rules, now);
    tell(
        part,
        target,
        "left out for "
            + time.toSeconds()
            + " s, as "
            + rules.failures()
            + " in a row failed: "
            + why);
  }

  /** Tells of those whose time is up; from time to time. */
  synchronized void endEjections(LoopPart part) {
    long now = part.nanoTime();
    for (Target each : targets) {
      if (each.isEjectionOver(now)) {
        each.endEjection(now);
        tell(part, each, "no longer left out, as its time is up");
        line.wake();
      }
    }
  }

  private void tell(LoopPart part, Target target, String text) {
    events.tell(part.now(), target.path(), text);
  }

  // ---- configuration

  /**
   * Does what a configuration says: what operators have added and removed meanwhile is undone, as
   * the file is the truth.
   */
  synchronized void update(PoolConfig changed, List<TargetConfig> wanted, LoopPart part) {
    config = changed;
    if (changed.persistence().isZero()) {
      persistence.clear();
    }
    added.clear();
    removed.clear();
    have(wanted, part);
  }

  /** What names have led to. */
  synchronized void refresh(List<TargetConfig> wanted, LoopPart part) {
    have(wanted, part);
  }

  /**
   * @throws IllegalArgumentException if the name is taken
   */
  synchronized void add(TargetConfig target, LoopPart part) {
    if (find(target.name()) != null) {
      throw new IllegalArgumentException("there is a target " + name + "/" + target.name());
    }
    removed.remove(target.name());
    added.add(target);
    have(configured(), part);
  }

  synchronized void remove(Target target, LoopPart part) {
    added.removeIf(each -> each.name().equals(target.name()));
    removed.add(target.name());
    have(configured(), part);
  }

  /** What operators have added since the configuration was read. */
  synchronized List<TargetConfig> added() {
    return List.copyOf(added);
  }

  /** The names that they have removed. */
  synchronized Set<String> removed() {
    return Set.copyOf(removed);
  }

  private List<TargetConfig> configured() {
    List<TargetConfig> all = new ArrayList<>();
    for (Target each : targets) {
      all.add(each.config());
    }
    return all;
  }

  private List<TargetConfig> withChanges(List<TargetConfig> wanted) {
    Map<String, TargetConfig> all = new LinkedHashMap<>();
    wanted.forEach(each -> all.put(each.name(), each));
    added.forEach(each -> all.put(each.name(), each));
    all.keySet().removeAll(removed);
    return List.copyOf(all.values());
  }

  /**
   * Has these targets from now on. Those with a name and address that are there already stay as
   * they are, with connections and state; those of others go on until they end.
   */
  private void have(List<TargetConfig> wanted, LoopPart part) {
    List<Target> next = new ArrayList<>();
    List<Target> before = new ArrayList<>(List.of(targets));
    for (TargetConfig each : withChanges(wanted)) {
      Target known = find(each.name());
      if (known != null && known.config().address().equals(each.address())) {
        known.config(each);
        before.remove(known);
        next.add(known);
      } else {
        Target fresh = new Target(name, each);
        next.add(fresh);
        tell(part, fresh, "added, at " + Addresses.format(each.address()));
      }
    }
    for (Target gone : before) {
      gone.remove();
      tell(
          part,
          gone,
          "removed, with "
              + Plural.of(gone.active(), "connection that goes on", "connections that go on"));
    }
    targets = next.toArray(NO_TARGETS);
    line.wake();
  }

  /** No listener leads here any more. */
  void close() {
    isClosed = true;
    for (Target each : targets) {
      each.remove();
    }
    persistence.clear();
  }

  boolean isClosed() {
    return isClosed;
  }

  // ---- names

  /** Looking up a name failed. Told once until it succeeds. */
  synchronized void notFound(String wanted, String why, LoopPart part) {
    if (missing.add(wanted)) {
      events.tell(
          part.now(), name + "/" + wanted, "not found, so what was found before stays: " + why);
    }
  }

  synchronized void found(String wanted) {
    missing.remove(wanted);
  }

  @Override
  public String toString() {
    return name + targets();
  }
}
