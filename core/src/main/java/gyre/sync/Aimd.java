package gyre.sync;

/** The arithmetic of {@link AdaptiveLimit}, without fibers and without a clock. */
final class Aimd {
  private final int least;
  private final int most;
  private int limit;

  /** Successes since the last change. */
  private int successes;

  private boolean hasDecreased;
  private long decreasedNanos;

  Aimd(int least, int most) {
    this.least = least;
    this.most = most;
    this.limit = least;
  }

  int limit() {
    return limit;
  }

  /**
   * @param running how many ran when the call began, itself included
   */
  void succeeded(int running) {
    if (2L * running < limit) {
      return; // the limit was not what held calls back
    }
    successes++;
    if (successes >= limit && limit < most) {
      limit++;
      successes = 0;
    }
  }

  void overloaded(long beginNanos, long nowNanos) {
    if (hasDecreased && beginNanos - decreasedNanos < 0) {
      return; // it met the load that the last decrease was for
    }
    hasDecreased = true;
    decreasedNanos = nowNanos;
    limit = Math.max(least, limit - Math.max(1, limit / 10));
    successes = 0;
  }
}
