package gyre.io;

/**
 * All memory that a pool may have is in use. The queue that wanted more is as it was before.
 *
 * <p>It means that more was to be kept than the limit allows: somebody produces faster than others
 * take away. Let the queues drain first, or give the pool a higher limit.
 */
public final class PoolExhaustedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long limitBytes;

  PoolExhaustedException(long wantedBytes, long usedBytes, long limitBytes) {
    super(
        "no memory for "
            + wantedBytes
            + " bytes more: "
            + usedBytes
            + " of the pool's "
            + limitBytes
            + " bytes are in use; let its queues drain, or give the pool a higher limit");
    this.limitBytes = limitBytes;
  }

  /** What the pool may have at most. */
  public long limitBytes() {
    return limitBytes;
  }
}
