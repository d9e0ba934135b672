package gyre.lab.program;

import java.util.Random;

/** Delays and orders as every peer's timers have them: random, from one seed. */
final class TimerDelays {
  private static final long SECOND = 1_000_000_000L;
  private static final int SEED = 1;

  private final Random random = new Random(SEED);

  /** 60 to 70 minutes: the process ends before. */
  long[] far(int count) {
    return random.longs(count, 3600 * SECOND, 4200 * SECOND).toArray();
  }

  /** 1 to 2 milliseconds. */
  long[] near(int count) {
    return random.longs(count, 1_000_000, 2_000_000).toArray();
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
