package gyre.engine.uring;

import gyre.engine.BlockPool;
import gyre.engine.EngineOptions;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Sizes of one engine, and what it must do without. Immutable. */
public final class UringOptions {
  /** Room for the one buffer without which there are no datagrams. */
  private static final int LEAST_DATAGRAM_BYTES = 128 * 1024;

  private static final UringOptions DEFAULTS = new UringOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    int submissionEntries = 256;
    int completionEntries = 4096;
    int bufferBytes = 64 * 1024;
    int fixedBufferBytes = 4096;
    int buffersInitial = 16;
    long bufferLimitBytes = 64L << 20;
    long datagramLimitBytes = 8L << 20;
    long poolLimitBytes = 64L << 20;
    Set<Feature> without = Set.of();

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

  private UringOptions(Values values) {
    this.values = values;
  }

  public static UringOptions defaults() {
    return DEFAULTS;
  }

  private UringOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new UringOptions(changed);
  }

  /**
   * A power of two; when so many are queued they go to the kernel in the middle of a turn. Small
   * enough for the first-level cache.
   */
  public UringOptions submissionEntries(int entries) {
    requirePowerOfTwo("submissionEntries", entries, 8, 32768);
    return with(v -> v.submissionEntries = entries);
  }

  public int submissionEntries() {
    return values.submissionEntries;
  }

  /** A power of two; when more come at once the kernel keeps them for us, at a price. */
  public UringOptions completionEntries(int entries) {
    requirePowerOfTwo("completionEntries", entries, 16, 65536);
    return with(v -> v.completionEntries = entries);
  }

  public int completionEntries() {
    return values.completionEntries;
  }

  /**
   * Size of one receive buffer where the kernel fills it bit by bit; a power of two, and not more
   * than {@link #bufferLimitBytes(long)}.
   */
  public UringOptions bufferBytes(int bytes) {
    requirePowerOfTwo("bufferBytes", bytes, 4096, 1 << 24);
    require(bytes <= values.bufferLimitBytes, "bufferBytes", bytes);
    return with(v -> v.bufferBytes = bytes);
  }

  public int bufferBytes() {
    return values.bufferBytes;
  }

  /** Size of one receive buffer where each message takes a whole one; a power of two. */
  public UringOptions fixedBufferBytes(int bytes) {
    requirePowerOfTwo("fixedBufferBytes", bytes, 1024, 1 << 24);
    return with(v -> v.fixedBufferBytes = bytes);
  }

  public int fixedBufferBytes() {
    return values.fixedBufferBytes;
  }

  /**
   * How many buffers the kernel has at hand at first; twice as many each time it runs out. Few
   * means that the same warm memory is used again and again. A power of two.
   */
  public UringOptions buffersInitial(int count) {
    requirePowerOfTwo("buffersInitial", count, 1, 32768);
    return with(v -> v.buffersInitial = count);
  }

  public int buffersInitial() {
    return values.buffersInitial;
  }

  /** All receive buffers together; only what was used is resident. */
  public UringOptions bufferLimitBytes(long bytes) {
    require(bytes >= values.bufferBytes, "bufferLimitBytes", bytes);
    return with(v -> v.bufferLimitBytes = bytes);
  }

  public long bufferLimitBytes() {
    return values.bufferLimitBytes;
  }

  /** The same for datagrams, whose buffers are 64 KiB each. */
  public UringOptions datagramLimitBytes(long bytes) {
    require(bytes >= LEAST_DATAGRAM_BYTES, "datagramLimitBytes", bytes);
    return with(v -> v.datagramLimitBytes = bytes);
  }

  public long datagramLimitBytes() {
    return values.datagramLimitBytes;
  }

  /** Blocks of queues together. */
  public UringOptions poolLimitBytes(long bytes) {
    require(bytes >= BlockPool.LARGE_BYTES, "poolLimitBytes", bytes);
    return with(v -> v.poolLimitBytes = bytes);
  }

  public long poolLimitBytes() {
    return values.poolLimitBytes;
  }

  /** Features not to use, even where the kernel has them. */
  public UringOptions without(Set<Feature> features) {
    Set<Feature> copy = Set.copyOf(features);
    return with(v -> v.without = copy);
  }

  public Set<Feature> without() {
    return values.without;
  }

  /** The defaults, changed by system properties {@code gyre.uring.*}. */
  public static UringOptions fromSystemProperties() {
    return defaults()
        .submissionEntries(property("submissionEntries", DEFAULTS.submissionEntries()))
        .completionEntries(property("completionEntries", DEFAULTS.completionEntries()))
        .withBuffers(
            property("bufferBytes", DEFAULTS.bufferBytes()),
            property("bufferLimitBytes", DEFAULTS.bufferLimitBytes()))
        .fixedBufferBytes(property("fixedBufferBytes", DEFAULTS.fixedBufferBytes()))
        .buffersInitial(property("buffersInitial", DEFAULTS.buffersInitial()))
        .datagramLimitBytes(property("datagramLimitBytes", DEFAULTS.datagramLimitBytes()))
        .poolLimitBytes(property("poolLimitBytes", DEFAULTS.poolLimitBytes()))
        .without(parseFeatures(System.getProperty("gyre.uring.without", "")));
  }

  private static int property(String name, int otherwise) {
    return Integer.getInteger("gyre.uring." + name, otherwise);
  }

  private static long property(String name, long otherwise) {
    return Long.getLong("gyre.uring." + name, otherwise);
  }

  /** Both at once: each is checked against the other. */
  private UringOptions withBuffers(int bytes, long limitBytes) {
    requirePowerOfTwo("bufferBytes", bytes, 4096, 1 << 24);
    require(limitBytes >= bytes, "bufferLimitBytes", limitBytes);
    return with(v -> {
      v.bufferBytes = bytes;
      v.bufferLimitBytes = limitBytes;
    });
  }

  /**
   * The same within a limit for all memory that the engine lends: a quarter of it to receive into,
   * a quarter of that for datagrams, and the rest for queues. Small limits get small buffers, so
   * that there are a few of them.
   */
  public UringOptions within(EngineOptions limits) {
    long limit = limits.poolLimitBytes();
    long datagrams = Math.min(datagramLimitBytes(), Math.max(LEAST_DATAGRAM_BYTES, limit / 16));
    long share = Math.max(limit / 4 - datagrams, limit / 8);
    int largest = Math.clamp(Long.highestOneBit(share / 8), 4096, bufferBytes());
    long ring = Math.min(Math.max(share, largest), bufferLimitBytes());
    long pool = Math.max(limit - ring - datagrams, BlockPool.LARGE_BYTES);
    boolean isSmaller = poolLimitBytes() < DEFAULTS.poolLimitBytes();
    return withBuffers(largest, ring)
        .datagramLimitBytes(datagrams)
        .poolLimitBytes(isSmaller ? Math.min(pool, poolLimitBytes()) : pool);
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
