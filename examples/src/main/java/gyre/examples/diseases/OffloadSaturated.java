package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Scope;
import gyre.Task;

/** A hundred fibers that offload calls which block. Cure: more threads, or fewer at a time. */
final class OffloadSaturated {
  private OffloadSaturated() {}

  static void sick() {
    run(100);
  }

  static void healthy() {
    run(2);
  }

  private static void run(int fibers) {
    Task forEver =
        () -> {
          while (true) {
            boolean ignored =
                Fiber.offload(() -> {
                  Thread.sleep(50);
                  return true;
                });
          }
        };
    try (Scope scope = Scope.open("offloaders")) {
      for (int i = 0; i < fibers; i++) {
        Fiber<?> ignored = scope.start(forEver);
      }
      scope.join();
    }
  }
}
