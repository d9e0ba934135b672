package gyre.sync;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Source;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Waiting by whoever calls, a fiber of any loop or a plain thread, for one call: the time begins
 * with the first wait.
 */
final class SharedWait {
  private final @Nullable Duration limit;
  private @Nullable Deadline deadline;
  private long deadlineNanos;
  private boolean hasBegun;

  /** What both can wait for. */
  interface Place extends Source {
    /**
     * Blocks a plain thread until this is ready; false if that was not so by the deadline.
     *
     * @param deadlineNanos of {@link System#nanoTime}, or {@link Long#MAX_VALUE}
     */
    boolean block(long deadlineNanos) throws InterruptedException;
  }

  /**
   * @param limit null to wait for as long as it takes
   */
  SharedWait(@Nullable Duration limit) {
    this.limit = limit;
  }

  /** What is always ready must not keep a fiber from seeing that it is to end. */
  static void checkCancelled() {
    if (Thread.currentThread().isVirtual() && Internals.isFiber()) {
      Internals.checkCancelled(Fiber.current());
    }
  }

  /** Until {@code place} is ready, or false when the time is up. */
  boolean until(Place place) {
    return Internals.isFiber() ? park(place) : block(place);
  }

  private boolean park(Place place) {
    if (limit == null) {
      Fiber.await(place);
      return true;
    }
    Deadline end = deadline;
    if (end == null) {
      end = Deadline.in(limit);
      deadline = end;
    }
    return !end.equals(Fiber.awaitFirst(place, end)) || place.isReady();
  }

  private boolean block(Place place) {
    if (!hasBegun) {
      hasBegun = true;
      deadlineNanos = limit == null ? Long.MAX_VALUE : System.nanoTime() + saturatedNanos(limit);
    }
    try {
      return place.block(deadlineNanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the thread was interrupted while " + e.getMessage(), e);
    }
  }

  /** Half of the range, so that no deadline overflows. */
  private static long saturatedNanos(Duration limit) {
    try {
      return Math.min(limit.toNanos(), Long.MAX_VALUE / 2);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE / 2;
    }
  }

  /**
   * The loop of {@link Place#block}: the caller has made itself known before, so that who makes the
   * place ready unparks it.
   */
  static boolean parkThread(Place place, long deadlineNanos) throws InterruptedException {
    while (!place.isReady()) {
      if (Thread.interrupted()) {
        throw new InterruptedException(place.doing());
      }
      if (deadlineNanos == Long.MAX_VALUE) {
        LockSupport.park(place);
      } else {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        LockSupport.parkNanos(place, left);
      }
    }
    return true;
  }
}
