package gyre.engine.uring;

import gyre.engine.BlockPool;
import gyre.engine.EngineOptions;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Sizes of one engine, and what it must do without.
 *
 * @param submissionEntries a power of two; when so many are queued they go to the kernel in the
 *     middle of a turn. Small enough for the first-level cache
 * @param completionEntries a power of two; when more come at once the kernel keeps them for us, at
 *     a price
 * @param bufferBytes size of one receive buffer where the kernel fills it bit by bit
 * @param fixedBufferBytes size of one receive buffer where each message takes a whole one
 * @param buffersInitial how many buffers the kernel has at hand at first; twice as many each time
 *     it runs out. Few means that the same warm memory is used again and again
 * @param bufferLimitBytes all receive buffers together; only what was used is resident
 * @param datagramLimitBytes the same for datagrams, whose buffers are 64 KiB each
 * @param without features not to use, even where the kernel has them
 */
public record UringOptions(
    int submissionEntries,
    int completionEntries,
    int bufferBytes,
    int fixedBufferBytes,
    int buffersInitial,
    long bufferLimitBytes,
    long datagramLimitBytes,
    long poolLimitBytes,
    Set<Feature> without) {

  /** Room for the one buffer without which there are no datagrams. */
  private static final int LEAST_DATAGRAM_BYTES = 128 * 1024;

  public UringOptions {
    requirePowerOfTwo("submissionEntries", submissionEntries, 8, 32768);
    requirePowerOfTwo("completionEntries", completionEntries, 16, 65536);
    requirePowerOfTwo("bufferBytes", bufferBytes, 4096, 1 << 24);
    requirePowerOfTwo("fixedBufferBytes", fixedBufferBytes, 1024, 1 << 24);
    requirePowerOfTwo("buffersInitial", buffersInitial, 1, 32768);
    require(bufferLimitBytes >= bufferBytes, "bufferLimitBytes", bufferLimitBytes);
    require(datagramLimitBytes >= LEAST_DATAGRAM_BYTES, "datagramLimitBytes", datagramLimitBytes);
    without = without.isEmpty() ? Set.of() : Set.copyOf(without);
  }

  public static UringOptions defaults() {
    return new UringOptions(
        256, 4096, 64 * 1024, 4096, 16, 64L << 20, 8L << 20, 64L << 20, Set.of());
  }

  /** The defaults, changed by system properties {@code gyre.uring.*}. */
  public static UringOptions fromSystemProperties() {
    UringOptions base = defaults();
    return new UringOptions(
        Integer.getInteger("gyre.uring.submissionEntries", base.submissionEntries),
        Integer.getInteger("gyre.uring.completionEntries", base.completionEntries),
        Integer.getInteger("gyre.uring.bufferBytes", base.bufferBytes),
        Integer.getInteger("gyre.uring.fixedBufferBytes", base.fixedBufferBytes),
        Integer.getInteger("gyre.uring.buffersInitial", base.buffersInitial),
        Long.getLong("gyre.uring.bufferLimitBytes", base.bufferLimitBytes),
        Long.getLong("gyre.uring.datagramLimitBytes", base.datagramLimitBytes),
        Long.getLong("gyre.uring.poolLimitBytes", base.poolLimitBytes),
        parseFeatures(System.getProperty("gyre.uring.without", "")));
  }

  /**
   * The same within a limit for all memory that the engine lends: a quarter of it to receive into,
   * a quarter of that for datagrams, and the rest for queues. Small limits get small buffers, so
   * that there are a few of them.
   */
  public UringOptions within(EngineOptions limits) {
    long limit = limits.poolLimitBytes();
    long datagrams = Math.min(datagramLimitBytes, Math.max(LEAST_DATAGRAM_BYTES, limit / 16));
    long ring = Math.max(limit / 4 - datagrams, limit / 8);
    int largest = Math.clamp(Long.highestOneBit(ring / 8), 4096, bufferBytes);
    ring = Math.min(Math.max(ring, largest), bufferLimitBytes);
    long pool = Math.max(limit - ring - datagrams, BlockPool.LARGE_BYTES);
    boolean isSmaller = poolLimitBytes < defaults().poolLimitBytes;
    return new UringOptions(
        submissionEntries,
        completionEntries,
        largest,
        fixedBufferBytes,
        buffersInitial,
        ring,
        datagrams,
        isSmaller ? Math.min(pool, poolLimitBytes) : pool,
        without);
  }

  public UringOptions without(Set<Feature> features) {
    return new UringOptions(
        submissionEntries,
        completionEntries,
        bufferBytes,
        fixedBufferBytes,
        buffersInitial,
        bufferLimitBytes,
        datagramLimitBytes,
        poolLimitBytes,
        features);
  }

  private static Set<Feature> parseFeatures(String list) {
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    for (String name : list.split(",", -1)) {
      if (!name.isBlank()) {
        features.add(parseFeature(name.strip()));
      }
    }
    return features;
  }

  private static Feature parseFeature(String name) {
    for (Feature feature : Feature.values()) {
      if (feature.name().equalsIgnoreCase(name.replace('-', '_'))) {
        return feature;
      }
    }
    throw new IllegalArgumentException(
        "gyre.uring.without: no feature '%s'; there are %s"
            .formatted(name, Set.of(Feature.values()).toString().toLowerCase(Locale.ROOT)));
  }

  private static void requirePowerOfTwo(String name, int value, int low, int high) {
    require(value >= low && value <= high && Integer.bitCount(value) == 1, name, value);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException("gyre.uring." + name + " can't be " + value);
    }
  }
}
