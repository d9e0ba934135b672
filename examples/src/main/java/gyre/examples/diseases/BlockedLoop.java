package gyre.examples.diseases;

import gyre.Fiber;
import java.time.Duration;

/** A fiber that computes for long while all others wait. Cure: {@code Fiber.offload}. */
final class BlockedLoop {
  private BlockedLoop() {}

  static void sick() {
    while (true) {
      Fiber.sleep(Duration.ofMillis(50));
      Work.compute(250);
    }
  }

  static void healthy() throws Exception {
    while (true) {
      Fiber.sleep(Duration.ofMillis(50));
      boolean ignored =
          Fiber.offload(() -> {
            Work.compute(20);
            return true;
          });
    }
  }
}
