package gyre.insight;

import java.util.List;

/** The watchdog's looks at all loops, and when the next one is due. By its thread alone. */
final class Looks {
  private final List<WatchedLoop> loops;
  private final Sampler sampler;

  /**
   * @param loops may change at any time, by any thread
   */
  Looks(List<WatchedLoop> loops, Sampler sampler) {
    this.loops = loops;
    this.sampler = sampler;
  }

  void look(long now) {
    boolean isActive = false;
    for (WatchedLoop loop : loops) {
      isActive |= loop.hasTurned();
    }
    sampler.looks(now, isActive);
    if (isActive) {
      for (WatchedLoop loop : loops) {
        loop.look(now);
      }
    }
  }

  /**
   * Milliseconds until the next look; {@link WatchedLoop#ASLEEP} where a loop wakes the watchdog.
   */
  long periodMillis(long now) {
    long least = WatchedLoop.ASLEEP;
    for (WatchedLoop loop : loops) {
      least = Math.min(least, loop.periodMillis(now));
    }
    return least;
  }
}
