package gyre.queue;

/**
 * Strictly by priority the last entries would starve while the first are busy. So of {@value
 * #PERIOD} places one is given away by turns: to the first entry that has priority 2 or less, then
 * 3 or less, and so on to 10. The head of each level is served within 9 × 64 others.
 */
final class PgAgeing {
  private static final int PERIOD = 64;

  private long since;
  private int priority = EntryName.FIRST_PRIORITY;

  /** How many of the next places are given away, to entries from {@link #fromPriority} on. */
  int places(int most) {
    since += most;
    int places = (int) (since / PERIOD);
    since %= PERIOD;
    if (places > 0) {
      priority = priority == EntryName.LAST_PRIORITY ? EntryName.FIRST_PRIORITY + 1 : priority + 1;
    }
    return places;
  }

  int fromPriority() {
    return priority;
  }
}
