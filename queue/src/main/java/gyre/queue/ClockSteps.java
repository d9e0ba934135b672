package gyre.queue;

/**
 * Notices that the clock of the machine was set, by one that nobody sets. After that the age of
 * files and rows is not believed for a while: a clock that is a month ahead for a moment would have
 * all dead letters and the ledger deleted. Used by one thread.
 */
final class ClockSteps {
  private static final long STEP_MILLIS = 60_000;

  /** For so long a clock is in doubt that was set. */
  static final long DOUBT_MILLIS = 3_600_000;

  private long differenceMillis;
  private long doubtUntilMillis;
  private boolean isInDoubt;

  ClockSteps(long wallMillis, long steadyMillis) {
    differenceMillis = wallMillis - steadyMillis;
  }

  /**
   * By how much it was set since the last look; 0 if by nothing that matters. Small steps, as those
   * that keep clocks right make them, add up to none.
   */
  long look(long wallMillis, long steadyMillis) {
    long difference = wallMillis - steadyMillis;
    long step = difference - differenceMillis;
    differenceMillis = difference;
    if (Math.abs(step) < STEP_MILLIS) {
      return 0;
    }
    isInDoubt = true;
    doubtUntilMillis = steadyMillis + DOUBT_MILLIS;
    return step;
  }

  boolean isInDoubt(long steadyMillis) {
    if (isInDoubt && steadyMillis - doubtUntilMillis >= 0) {
      isInDoubt = false;
    }
    return isInDoubt;
  }
}
