package gyre.net;

import gyre.Loop;
import gyre.io.OutputFullException;

/**
 * What the memory policy of a loop has done so far. Bytes are those of the loop's pool.
 *
 * @param level how scarce memory is now
 * @param levelChanges times that it became scarce or plentiful
 * @param limit what the pool may have at most
 * @param used in use now
 * @param usedPeak the most that was ever in use
 * @param promised may still be received by streams that were told so
 * @param holders streams that hold bytes over a turn; counted while memory is scarce
 * @param waiting streams that wait for their turn
 * @param waitedNanosMax the longest that one has waited for its turn
 * @param grants turns that were given
 * @param shedStreams streams that were reset because they stood still while others waited
 * @param shedBytes what those held
 * @param acceptPauses times that accepting paused
 * @param writesRefused writes that ended with {@link OutputFullException}
 * @param resetsSeenPaused connections that broke while nothing was received from them
 */
public record MemoryCounters(
    MemoryLevel level,
    long levelChanges,
    long limit,
    long used,
    long usedPeak,
    long promised,
    int holders,
    int waiting,
    long waitedNanosMax,
    long grants,
    long shedStreams,
    long shedBytes,
    long acceptPauses,
    long writesRefused,
    long resetsSeenPaused) {

  /** Those of {@code loop}; to be called on it. */
  public static MemoryCounters of(Loop loop) {
    return MemoryPolicy.of(loop).counters();
  }
}
