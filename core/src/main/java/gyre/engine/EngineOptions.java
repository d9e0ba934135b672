package gyre.engine;

/** What can be said to every kind of engine before it opens. Immutable. */
public final class EngineOptions {
  private static final EngineOptions DEFAULTS = new EngineOptions(64L << 20);

  private final long poolLimitBytes;

  private EngineOptions(long poolLimitBytes) {
    this.poolLimitBytes = poolLimitBytes;
  }

  public static EngineOptions defaults() {
    return DEFAULTS;
  }

  /** All blocks of the engine together, those for receiving included: 64 MiB by default. */
  public EngineOptions poolLimitBytes(long bytes) {
    if (bytes < BlockPool.LARGE_BYTES) {
      throw new IllegalArgumentException(
          "poolLimitBytes is %d: at least %d".formatted(bytes, BlockPool.LARGE_BYTES));
    }
    return new EngineOptions(bytes);
  }

  public long poolLimitBytes() {
    return poolLimitBytes;
  }
}
