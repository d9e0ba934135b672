package gyre.examples.diseases;

/** Something to do that takes its time. */
final class Work {
  private Work() {}

  /** Computes for about so long. */
  static void compute(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }
}
