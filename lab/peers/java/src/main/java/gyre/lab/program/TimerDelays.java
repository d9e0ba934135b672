package gyre.lab.program;

import java.util.Random;

/** Delays and orders as every peer's timers have them: random, from one seed. */
final class TimerDelays {
  private static final long SECOND = 1_000_000_000L;
  private static final int SEED = 1;

  private final Random random = new Random(SEED);
  private final long begunNanos = System.nanoTime();

  /**
   * To deadlines 60 to 70 minutes after the work began, however old it is; the process ends before.
   * Where a new one finds its place must not depend on how long the others have been there.
   */
  long[] far(int count) {
    long least = 3600 * SECOND - (System.nanoTime() - begunNanos);
    return random.longs(count, least, least + 600 * SECOND).toArray();
  }

  /** 0.4 to 0.8 milliseconds. */
  long[] near(int count) {
    return random.longs(count, 400_000, 800_000).toArray();
  }

  /** All numbers below {@code count}, shuffled. */
  int[] order(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }
}
