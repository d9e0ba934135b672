package gyre.examples.diseases;

/** Something to do that takes its time. */
final class Work {
  /** Between two looks at the clock: what takes longer was not let run meanwhile. */
  private static final long STEP_NANOS = 100_000;

  private Work() {}

  /** Computes for about so long, and longer on a busy machine, as what computes does. */
  static void compute(long millis) {
    long left = millis * 1_000_000;
    long last = System.nanoTime();
    while (left > 0) {
      Thread.onSpinWait();
      long now = System.nanoTime();
      left -= Math.min(now - last, STEP_NANOS);
      last = now;
    }
  }
}
