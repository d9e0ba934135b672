package gyre.queue;

import java.util.OptionalLong;

/**
 * Notices that a clock was set, by one that nobody sets. After that the age of files and rows is
 * not believed for a while: a clock that is a month ahead for a moment would have all dead letters
 * and the ledger deleted. Used by one thread.
 *
 * <p>At the start there is no earlier look to compare with, only the time at which a worker that
 * believed its clock has last deleted what is old: a clock that says that this was long ago, or
 * never, may be ahead, as that of a machine without a battery is until it has asked for the time.
 */
final class ClockSteps {
  private static final long STEP_MILLIS = 60_000;

  /** For so long a clock is in doubt that was set. */
  static final long DOUBT_MILLIS = 3_600_000;

  /**
   * Two runs a day apart are no reason for doubt; and what is kept is kept for longer than that.
   */
  static final long GAP_MILLIS = 2 * 24 * 3_600_000L;

  private long differenceMillis;
  private long doubtUntilMillis;
  private boolean isInDoubt;

  /**
   * @param believedMillis when what is old was deleted last, by a clock that was believed; empty if
   *     never
   */
  ClockSteps(long wallMillis, long steadyMillis, OptionalLong believedMillis) {
    differenceMillis = wallMillis - steadyMillis;
    boolean isPlausible =
        believedMillis.isPresent()
            && Math.abs(wallMillis - believedMillis.getAsLong()) <= GAP_MILLIS;
    if (!isPlausible) {
      doubt(steadyMillis);
    }
  }

  private void doubt(long steadyMillis) {
    isInDoubt = true;
    doubtUntilMillis = steadyMillis + DOUBT_MILLIS;
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
    doubt(steadyMillis);
    return step;
  }

  boolean isInDoubt(long steadyMillis) {
    if (isInDoubt && steadyMillis - doubtUntilMillis >= 0) {
      isInDoubt = false;
    }
    return isInDoubt;
  }
}
