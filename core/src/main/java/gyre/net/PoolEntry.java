package gyre.net;

/** A connection of a pool. */
final class PoolEntry<C> {
  final C connection;
  final PoolTarget<?, C> target;
  private final long madeNanos;
  private long idleSinceNanos;

  PoolEntry(C connection, PoolTarget<?, C> target, long nowNanos) {
    this.connection = connection;
    this.target = target;
    this.madeNanos = nowNanos;
  }

  void idleSince(long nowNanos) {
    idleSinceNanos = nowNanos;
  }

  long idleSinceNanos() {
    return idleSinceNanos;
  }

  /** Both limits are positive; it is older than it may get. */
  boolean isOld(long nowNanos, long lifetimeNanos) {
    return nowNanos - madeNanos >= lifetimeNanos;
  }

  boolean isStale(long nowNanos, long idleNanos) {
    return nowNanos - idleSinceNanos >= idleNanos;
  }
}
