package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.time.Duration;

/** Ten timers that are due together, the first of which computes. Cure: offload its work. */
final class HeldUp {
  private static final int TIMERS = 10;
  private static final Duration PERIOD = Duration.ofMillis(200);

  private HeldUp() {}

  static void sick() {
    run(60);
  }

  static void healthy() {
    run(0);
  }

  private static void run(long millis) {
    for (int i = 0; i < TIMERS; i++) {
      boolean isFirst = i == 0;
      Timer ignored = Loop.current().every(PERIOD, () -> Work.compute(isFirst ? millis : 0));
    }
    Fiber.park();
  }
}
