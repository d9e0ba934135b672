package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Loop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that posts faster than the loop can work. Cure: {@code Loop.call}, which waits, or
 * {@code tryPost} and less work.
 */
final class GrowingQueue {
  private GrowingQueue() {}

  static void sick() {
    post(Loop.current(), 400);
    Fiber.park();
  }

  static void healthy() {
    post(Loop.current(), 4);
    Fiber.park();
  }

  /** Tasks of a tenth of a millisecond, so many each ten milliseconds, until the loop closes. */
  private static void post(Loop loop, int tasks) {
    Thread ignored =
        Thread.ofPlatform()
            .daemon()
            .name("poster")
            .start(() -> {
              try {
                while (true) {
                  for (int i = 0; i < tasks; i++) {
                    boolean isTaken = loop.tryPost(GrowingQueue::work);
                    if (!isTaken && i == 0) {
                      loop.post(GrowingQueue::work); // throws where the loop is closed
                    }
                  }
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
              } catch (RejectedExecutionException e) {
                // It is closed, or full for good.
              }
            });
  }

  private static void work() {
    long end = System.nanoTime() + 100_000;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }
}
