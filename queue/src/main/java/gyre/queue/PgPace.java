package gyre.queue;

/**
 * How many writes are sent in one go. Few, until they have shown to be quick: between what is sent
 * the executor looks whether it is to end, and whether others could have the rest.
 */
final class PgPace {
  private static final int FIRST = 8;
  private static final int MOST = 256;
  private static final long QUICK_NANOS = 50_000_000;

  private int most = FIRST;

  int most() {
    return most;
  }

  void took(int count, long nanos) {
    if (nanos > QUICK_NANOS) {
      most = Math.max(1, most / 8);
    } else if (count >= most) {
      most = Math.min(MOST, most * 2);
    }
  }
}
