package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.time.Duration;

/** A thousand timers of a millisecond. Cure: one timer, and longer periods. */
final class TimerStorm {
  private static final int TIMERS = 1000;

  private TimerStorm() {}

  static void sick() {
    for (int i = 0; i < TIMERS; i++) {
      Timer ignored = Loop.current().every(Duration.ofMillis(1), () -> {});
    }
    Fiber.park();
  }

  static void healthy() {
    Timer ignored =
        Loop.current()
            .every(
                Duration.ofMillis(100),
                () -> {
                  for (int i = 0; i < TIMERS; i++) {
                    Thread.onSpinWait(); // the work of all of them
                  }
                });
    Fiber.park();
  }
}
