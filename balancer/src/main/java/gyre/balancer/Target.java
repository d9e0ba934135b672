package gyre.balancer;

import gyre.balancer.choice.Hashes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * A target while the balancer runs: what its checks say, what operators want of it, and what it has
 * got. It stays the same object over a reload, as long as its name and address do.
 *
 * <p>Counted and read by all loops. States are changed by {@link Pool} alone, under its lock.
 */
final class Target {
  /** What the checks say. */
  enum Health {
    /** Nobody has looked yet: taken for healthy. */
    UNKNOWN,
    UP,
    DOWN
  }

  /** A slow start begins with so much of the weight. */
  private static final double LEAST_PART = 0.1;

  /** Weights in a ballot are finer than those of the configuration, for slow starts. */
  static final int SCALE = 100;

  final String pool;
  final long hash;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger failuresInARow = new AtomicInteger();

  /** How often it was chosen, whether or not a connection came of it. */
  final LongAdder chosen = new LongAdder();

  final LongAdder connections = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder bytesIn = new LongAdder();
  final LongAdder bytesOut = new LongAdder();
  final LongAdder connectNanos = new LongAdder();
  final LongAdder checks = new LongAdder();
  final LongAdder failedChecks = new LongAdder();

  private volatile TargetConfig config;
  private volatile int weight;
  private volatile AdminState admin = AdminState.READY;
  private volatile Health health = Health.UNKNOWN;
  private volatile String reason = "not checked yet";
  private volatile long changedNanos;

  /** Whether it is left out, as connections to it failed, and until when. */
  private volatile boolean isEjected;

  private volatile long ejectedUntilNanos;
  private volatile int ejections;

  /** Since when it gets connections again; only while that was never otherwise unknown. */
  private volatile boolean isWarmingUp;

  private volatile long warmSinceNanos;
  private volatile boolean isRemoved;

  Target(String pool, TargetConfig config) {
    this.pool = pool;
    this.config = config;
    this.weight = config.weight();
    this.hash = Hashes.of(Addresses.format(config.address()));
  }

  String name() {
    return config.name();
  }

  /** As operators name it: {@code POOL/TARGET}. */
  String path() {
    return pool + "/" + name();
  }

  TargetConfig config() {
    return config;
  }

  /** A weight that was set while running stays, unless the configuration's own has changed. */
  void config(TargetConfig changed) {
    if (changed.weight() != config.weight()) {
      weight = changed.weight();
    }
    config = changed;
  }

  // ---- states

  int weight() {
    return weight;
  }

  void weight(int value) {
    Limits.between("weight", value, 0, TargetConfig.WEIGHT_LIMIT);
    weight = value;
  }

  AdminState admin() {
    return admin;
  }

  void admin(AdminState value) {
    admin = value;
  }

  Health health() {
    return health;
  }

  String reason() {
    return reason;
  }

  long changedNanos() {
    return changedNanos;
  }

  void health(Health value, String why, long nowNanos) {
    if (value == Health.UP && health == Health.DOWN) {
      warmUp(nowNanos);
    }
    health = value;
    reason = why;
    changedNanos = nowNanos;
  }

  private void warmUp(long nowNanos) {
    warmSinceNanos = nowNanos;
    isWarmingUp = true;
  }

  boolean isEjected(long nowNanos) {
    return isEjected && nowNanos - ejectedUntilNanos < 0;
  }

  /** Whether its time is up and nobody has said so yet. */
  boolean isEjectionOver(long nowNanos) {
    return isEjected && nowNanos - ejectedUntilNanos >= 0;
  }

  Duration eject(OutlierConfig rules, long nowNanos) {
    boolean wasGoodForLong = nowNanos - ejectedUntilNanos > rules.longest().toNanos();
    int times = wasGoodForLong ? 1 : ejections + 1;
    ejections = times;
    Duration time = rules.base().multipliedBy(times);
    Duration bounded = time.compareTo(rules.longest()) > 0 ? rules.longest() : time;
    ejectedUntilNanos = nowNanos + bounded.toNanos();
    isEjected = true;
    failuresInARow.set(0);
    return bounded;
  }

  void endEjection(long nowNanos) {
    isEjected = false;
    warmUp(nowNanos);
  }

  int ejections() {
    return ejections;
  }

  boolean isRemoved() {
    return isRemoved;
  }

  void remove() {
    isRemoved = true;
  }

  /** Whether it would get connections if it were not full. */
  boolean isUsable(long nowNanos, boolean isPanic) {
    return admin == AdminState.READY
        && weight > 0
        && (isPanic || (health != Health.DOWN && !isEjected(nowNanos)));
  }

  /** Its weight for a choice now; the slow start makes it smaller. */
  int ballotWeight(Duration slowStart, long nowNanos) {
    int full = weight * SCALE;
    if (!isWarmingUp || slowStart.isZero()) {
      return full;
    }
    double part = (double) (nowNanos - warmSinceNanos) / slowStart.toNanos();
    if (part >= 1) {
      isWarmingUp = false;
      return full;
    }
    return Math.max(1, (int) (full * Math.max(LEAST_PART, part)));
  }

  // ---- connections

  int active() {
    return active.get();
  }

  boolean isFull() {
    int most = config.maxConnections();
    return most > 0 && active.get() >= most;
  }

  /** Counts one more connection, unless it is full. */
  boolean tryTake() {
    int most = config.maxConnections();
    while (true) {
      int now = active.get();
      if (most > 0 && now >= most) {
        return false;
      }
      if (active.compareAndSet(now, now + 1)) {
        chosen.increment();
        return true;
      }
    }
  }

  void release() {
    int left = active.decrementAndGet();
    assert left >= 0 : path() + " has " + left + " connections";
  }

  void succeeded() {
    if (failuresInARow.get() != 0) {
      failuresInARow.set(0);
    }
  }

  /** One more failure; how many in a row. */
  int failed() {
    failures.increment();
    return failuresInARow.incrementAndGet();
  }

  @Override
  public String toString() {
    return path() + " (" + Addresses.format(config.address()) + ")";
  }
}
