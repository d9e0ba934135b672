package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.time.Duration;

/** A limit of time for each piece of work, which nobody cancels. Cure: try-with-resources. */
final class Leak {
  private static final Duration PERIOD = Duration.ofMillis(10);
  private static final Duration LIMIT = Duration.ofHours(1);

  private Leak() {}

  static void sick() {
    while (true) {
      Timer ignored = Loop.current().after(LIMIT, () -> {});
      Fiber.sleep(PERIOD);
    }
  }

  static void healthy() {
    while (true) {
      try (Timer limit = Loop.current().after(LIMIT, () -> {})) {
        Fiber.sleep(PERIOD);
        assert limit.isActive();
      }
    }
  }
}
