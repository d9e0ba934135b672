package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.time.Duration;

/** A callback of a timer that takes 40 ms, each time. Cure: a fiber that offloads. */
final class SlowCallback {
  private SlowCallback() {}

  static void sick() {
    Timer ignored = Loop.current().every(Duration.ofMillis(150), () -> Work.compute(40));
    Fiber.park();
  }

  static void healthy() {
    Timer ignored = Loop.current().every(Duration.ofMillis(150), () -> {});
    Fiber.park();
  }
}
