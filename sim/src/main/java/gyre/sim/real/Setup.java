package gyre.sim.real;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.choice.Engines;
import gyre.engine.uring.UringEngine;
import gyre.engine.uring.UringOptions;
import java.util.SplittableRandom;

/** How small everything is. */
record Setup(
    String engine,
    int loops,
    int submissionEntries,
    int completionEntries,
    int buffersInitial,
    long bufferLimitBytes,
    long poolLimitBytes,
    boolean isScarce) {
  private static final int BUFFER_BYTES = 4096;

  /** Below this the guide makes no promise to the letter. */
  private static final long SCARCE_POOL_BYTES = 4 << 20;

  private static final long SCARCEST_POOL_BYTES = 1 << 20;

  static Setup of(String engine, SplittableRandom random) {
    int entries = 8 << random.nextInt(4);
    return new Setup(
        engine,
        1 + random.nextInt(2),
        entries,
        Math.max(16, entries << random.nextInt(2)),
        1 << random.nextInt(4),
        BUFFER_BYTES * (32L << random.nextInt(5)),
        (8L << 20) << random.nextInt(3),
        false);
  }

  /** One loop with hardly any memory. */
  Setup scarce() {
    return scarce(SCARCE_POOL_BYTES);
  }

  Setup scarcest() {
    return scarce(SCARCEST_POOL_BYTES);
  }

  private Setup scarce(long limitBytes) {
    return new Setup(
        engine,
        1,
        submissionEntries,
        completionEntries,
        buffersInitial,
        bufferLimitBytes,
        limitBytes,
        true);
  }

  /** On the thread that it is for. */
  Engine open() {
    if (!engine.equals("io_uring")) {
      return Engines.open(engine, EngineOptions.defaults().poolLimitBytes(poolLimitBytes)).engine();
    }
    return UringEngine.open(
        UringOptions.defaults()
            .submissionEntries(submissionEntries)
            .completionEntries(completionEntries)
            .bufferBytes(BUFFER_BYTES)
            .fixedBufferBytes(1024)
            .buffersInitial(buffersInitial)
            .bufferLimitBytes(bufferLimitBytes)
            .datagramLimitBytes(256 * 1024)
            .poolLimitBytes(poolLimitBytes));
  }
}
