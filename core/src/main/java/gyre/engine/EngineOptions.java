package gyre.engine;

/**
 * What can be said to every kind of engine before it opens.
 *
 * @param poolLimitBytes all blocks of the engine together, those for receiving included
 */
public record EngineOptions(long poolLimitBytes) {
  public EngineOptions {
    if (poolLimitBytes < BlockPool.LARGE_BYTES) {
      throw new IllegalArgumentException(
          "poolLimitBytes is %d: at least %d".formatted(poolLimitBytes, BlockPool.LARGE_BYTES));
    }
  }

  public static EngineOptions defaults() {
    return new EngineOptions(64L << 20);
  }

  public EngineOptions withPoolLimitBytes(long bytes) {
    return new EngineOptions(bytes);
  }
}
