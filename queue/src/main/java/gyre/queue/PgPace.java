package gyre.queue;

/**
 * How many writes are sent in one go: as many as take {@value #TARGET_NANOS} ns. Between what is
 * sent the executor looks whether it is to end, and whether others could have the rest.
 */
final class PgPace {
  private static final int FIRST = 8;
  private static final int MOST = 256;
  private static final int GROWTH = 8;
  private static final long TARGET_NANOS = 250_000_000;

  private int most = FIRST;

  int most() {
    return most;
  }

  void took(int count, long nanos) {
    if (count < most && nanos < TARGET_NANOS) {
      return; // too few to learn from
    }
    long fits = Math.max(1, count * TARGET_NANOS / Math.max(1, nanos));
    most = (int) Math.min(Math.min(MOST, fits), (long) most * GROWTH);
  }
}
