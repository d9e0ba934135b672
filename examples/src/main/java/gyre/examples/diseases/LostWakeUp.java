package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import gyre.WaitPoint;
import java.time.Duration;

/** A source of one's own that is ready and wakes nobody. Cure: wakeAll where it becomes ready. */
final class LostWakeUp {
  private LostWakeUp() {}

  /** Ready once it is open. */
  private static final class Door extends WaitPoint {
    private boolean isOpen;

    void open(boolean wakes) {
      isOpen = true;
      if (wakes) {
        wakeAll();
      }
    }

    @Override
    public boolean isReady() {
      return isOpen;
    }

    @Override
    public String doing() {
      return "waiting at a door";
    }
  }

  static void sick() {
    run(false);
  }

  static void healthy() {
    run(true);
  }

  private static void run(boolean wakes) {
    Door door = new Door();
    Timer ignored = Loop.current().after(Duration.ofMillis(10), () -> door.open(wakes));
    Fiber.await(door);
    Fiber.park();
  }
}
