package gyre.net;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ConnectionPool} may hold. Immutable; each method that takes a value gives a changed
 * copy, and throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class PoolOptions {
  private static final PoolOptions DEFAULTS = new PoolOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    int maxPerTarget = 8;
    int maxTotal = 64;
    int maxWaiters = 1024;
    Duration waitTimeout = Duration.ofSeconds(10);
    Duration idleTimeout = Duration.ofMinutes(1);
    Duration lifetime = Duration.ofMinutes(30);

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

  private PoolOptions(Values values) {
    this.values = values;
  }

  /** 8 connections to a target and 64 in all; idle ones for a minute, all for half an hour. */
  public static PoolOptions defaults() {
    return DEFAULTS;
  }

  private PoolOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new PoolOptions(changed);
  }

  /** The most connections to one target, lent ones included; 8 by default. */
  public PoolOptions maxPerTarget(int value) {
    Checks.atLeast("maxPerTarget", value, 1);
    return with(v -> v.maxPerTarget = value);
  }

  /** The most connections in all, lent ones included; 64 by default. */
  public PoolOptions maxTotal(int value) {
    Checks.atLeast("maxTotal", value, 1);
    return with(v -> v.maxTotal = value);
  }

  /** The most fibers that may wait for a connection, the others are refused; 1024 by default. */
  public PoolOptions maxWaiters(int value) {
    Checks.atLeast("maxWaiters", value, 1);
    return with(v -> v.maxWaiters = value);
  }

  /** How long a borrower waits, connecting included; 10 s by default, zero is for ever. */
  public PoolOptions waitTimeout(Duration value) {
    Checks.notNegative("waitTimeout", value);
    return with(v -> v.waitTimeout = value);
  }

  /** How long a connection may lie unused; a minute by default, zero is for ever. */
  public PoolOptions idleTimeout(Duration value) {
    Checks.notNegative("idleTimeout", value);
    return with(v -> v.idleTimeout = value);
  }

  /**
   * How old a connection may get: it is not lent after that; 30 min by default, zero is for ever.
   */
  public PoolOptions lifetime(Duration value) {
    Checks.notNegative("lifetime", value);
    return with(v -> v.lifetime = value);
  }

  // ---- what is set

  public int maxPerTarget() {
    return values.maxPerTarget;
  }

  public int maxTotal() {
    return values.maxTotal;
  }

  public int maxWaiters() {
    return values.maxWaiters;
  }

  public Duration waitTimeout() {
    return values.waitTimeout;
  }

  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  public Duration lifetime() {
    return values.lifetime;
  }

  private List<Object> all() {
    Values v = values;
    return List.of(
        v.maxPerTarget, v.maxTotal, v.maxWaiters, v.waitTimeout, v.idleTimeout, v.lifetime);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PoolOptions options && all().equals(options.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "PoolOptions" + all();
  }
}
