package gyre.balancer;

import gyre.balancer.choice.Algorithm;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Targets that do the same, and how connections are given to them. Immutable; each method that
 * takes a value gives a changed copy, and throws {@link IllegalArgumentException} for a value that
 * makes no sense.
 */
public final class PoolConfig {
  /** What a target is told of the client. */
  public enum SendProxy {
    NONE,
    V1,
    V2
  }

  private static final class Values implements Cloneable {
    String name = "";
    List<TargetConfig> targets = List.of();
    Algorithm algorithm = Algorithm.TWO_CHOICES;
    Duration connectTimeout = Duration.ofSeconds(5);
    int retries = 3;
    int queueLimit = 1024;
    Duration queueTimeout = Duration.ofSeconds(5);
    Duration persistence = Duration.ZERO;
    int persistenceEntries = 100_000;
    Duration slowStart = Duration.ZERO;
    String zone = "";
    int panicPercent;
    SendProxy sendProxy = SendProxy.NONE;
    @Nullable HealthConfig health;
    @Nullable OutlierConfig outlier;
    Duration resolveInterval = Duration.ofSeconds(30);
    String service = "";
    boolean isTransparent;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private PoolConfig(Values values) {
    this.values = values;
  }

  /** A pool with this name and these targets, and what the others have as default. */
  public static PoolConfig of(String name, List<TargetConfig> targets) {
    Values values = new Values();
    Limits.name(name);
    if (name.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "name \"" + name + "\" must have no \"/\", which is before the name of a target");
    }
    values.name = name;
    return new PoolConfig(values).targets(targets);
  }

  private PoolConfig with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new PoolConfig(changed);
  }

  public PoolConfig targets(List<TargetConfig> list) {
    Set<String> names = new HashSet<>();
    for (TargetConfig each : list) {
      if (!names.add(each.name())) {
        throw new IllegalArgumentException("two targets have the name " + each.name());
      }
    }
    return with(v -> v.targets = List.copyOf(list));
  }

  /** How targets are chosen; two random choices by default. */
  public PoolConfig algorithm(Algorithm value) {
    return with(v -> v.algorithm = Objects.requireNonNull(value, "algorithm"));
  }

  /** For a connection to a target; 5 s by default. */
  public PoolConfig connectTimeout(Duration value) {
    Limits.positive("connectTimeout", value);
    return with(v -> v.connectTimeout = value);
  }

  /**
   * Connect to targets from the client's own address; off by default. Needs Linux, CAP_NET_ADMIN,
   * and routes that bring what targets answer back here: {@code docs/balancer.md}.
   */
  public PoolConfig transparent(boolean value) {
    return with(v -> v.isTransparent = value);
  }

  public boolean isTransparent() {
    return values.isTransparent;
  }

  /** How many more targets are tried when one can't be connected to; 3 by default. */
  public PoolConfig retries(int value) {
    Limits.between("retries", value, 0, 100);
    return with(v -> v.retries = value);
  }

  /** How many clients wait while all targets are full; the next is refused. 1,024 by default. */
  public PoolConfig queueLimit(int value) {
    Limits.between("queueLimit", value, 0, 1_000_000);
    return with(v -> v.queueLimit = value);
  }

  /** How long a client waits while all targets are full; 5 s by default. */
  public PoolConfig queueTimeout(Duration value) {
    Limits.notNegative("queueTimeout", value);
    return with(v -> v.queueTimeout = value);
  }

  /** So long after its last connection a client's address gets the same target; zero is off. */
  public PoolConfig persistence(Duration value) {
    Limits.notNegative("persistence", value);
    return with(v -> v.persistence = value);
  }

  /** How many clients are remembered; the one that was longest away is forgotten. */
  public PoolConfig persistenceEntries(int value) {
    Limits.between("persistenceEntries", value, 1, 10_000_000);
    return with(v -> v.persistenceEntries = value);
  }

  /** A target that comes back gets its full weight only after this time; zero is at once. */
  public PoolConfig slowStart(Duration value) {
    Limits.notNegative("slowStart", value);
    return with(v -> v.slowStart = value);
  }

  /** Targets of this zone go before those of others; empty, the default, is none. */
  public PoolConfig zone(String value) {
    return with(v -> v.zone = Objects.requireNonNull(value, "zone"));
  }

  /**
   * While fewer per cent of the targets are healthy, health is not heeded, since the checks are
   * then more likely wrong than everybody; 0, the default, is never.
   */
  public PoolConfig panicPercent(int value) {
    Limits.between("panicPercent", value, 0, 100);
    return with(v -> v.panicPercent = value);
  }

  public PoolConfig sendProxy(SendProxy value) {
    return with(v -> v.sendProxy = Objects.requireNonNull(value, "sendProxy"));
  }

  /** How targets are checked; by default they are not. */
  public PoolConfig health(HealthConfig value) {
    return with(v -> v.health = value);
  }

  /** When targets are left out because connections to them fail; by default they are not. */
  public PoolConfig outlier(OutlierConfig value) {
    return with(v -> v.outlier = value);
  }

  /** How often names of targets are looked up again; 30 s by default. */
  public PoolConfig resolveInterval(Duration value) {
    Limits.positive("resolveInterval", value);
    return with(v -> v.resolveInterval = value);
  }

  /** A name whose SRV records are targets too; empty, the default, is none. */
  public PoolConfig service(String value) {
    return with(v -> v.service = Objects.requireNonNull(value, "service"));
  }

  // ---- what is set

  public String name() {
    return values.name;
  }

  public List<TargetConfig> targets() {
    return values.targets;
  }

  public Algorithm algorithm() {
    return values.algorithm;
  }

  public Duration connectTimeout() {
    return values.connectTimeout;
  }

  public int retries() {
    return values.retries;
  }

  public int queueLimit() {
    return values.queueLimit;
  }

  public Duration queueTimeout() {
    return values.queueTimeout;
  }

  public Duration persistence() {
    return values.persistence;
  }

  public int persistenceEntries() {
    return values.persistenceEntries;
  }

  public Duration slowStart() {
    return values.slowStart;
  }

  public String zone() {
    return values.zone;
  }

  public int panicPercent() {
    return values.panicPercent;
  }

  public SendProxy sendProxy() {
    return values.sendProxy;
  }

  public @Nullable HealthConfig health() {
    return values.health;
  }

  public @Nullable OutlierConfig outlier() {
    return values.outlier;
  }

  public Duration resolveInterval() {
    return values.resolveInterval;
  }

  public String service() {
    return values.service;
  }

  /** Whether some targets are found by name. */
  boolean isDiscovering() {
    return !service().isEmpty() || targets().stream().anyMatch(t -> t.address().isUnresolved());
  }

  @Override
  public String toString() {
    return "PoolConfig[" + name() + ", " + algorithm().label() + ", " + targets() + "]";
  }
}
