package gyre.sync;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how much a server can do at a time, and lets no more through: against overload, and for
 * the same reason that TCP has a window.
 *
 * <p>It adds one after each round of calls that went well, and takes away a tenth when one was too
 * slow or failed by overload: "additive increase, multiplicative decrease". Calls that were begun
 * before the last decrease don't decrease it again, so a burst of failures counts once. It grows
 * only while the limit is what holds calls back. Chosen rather than limits that follow the gradient
 * of latency, because these need to know the latency of an idle server, which is never seen where
 * load is constant; and because several clients of one server that do this come to share it evenly.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused. Need not be
 *       closed.
 *   <li><b>Fairness</b>: first come, first served.
 *   <li><b>Cancellation</b>: a wait that is cancelled has taken nothing. A call that is cancelled
 *       says nothing about the server.
 *   <li><b>Cost</b>: as of a {@link Semaphore}, and two looks at the time for each call.
 * </ul>
 */
public final class AdaptiveLimit {
  private static final int LARGEST = 1_000_000;

  private final Loop loop;
  private final Semaphore semaphore;
  private final Aimd aimd;
  private final long slowNanos;
  private final Predicate<? super Exception> isOverload;

  private AdaptiveLimit(
      String name, Aimd aimd, long slowNanos, Predicate<? super Exception> isOverload) {
    this.loop = Loop.current();
    this.semaphore = Semaphore.create(name, aimd.limit());
    this.aimd = aimd;
    this.slowNanos = slowNanos;
    this.isOverload = isOverload;
  }

  /**
   * A limit that begins at {@code least}. A call that takes longer than {@code slowAfter}, or ends
   * with {@link DeadlineExceededException}, was too much for the server.
   */
  public static AdaptiveLimit create(String name, int least, int most, Duration slowAfter) {
    return create(name, least, most, slowAfter, _ -> false);
  }

  /**
   * As {@link #create(String, int, int, Duration)}.
   *
   * @param isOverload which failures say that the server has too much to do
   */
  public static AdaptiveLimit create(
      String name,
      int least,
      int most,
      Duration slowAfter,
      Predicate<? super Exception> isOverload) {
    if (least < 1 || most < least || most > LARGEST) {
      throw new IllegalArgumentException(
          "least is "
              + least
              + " and most is "
              + most
              + ": must be at least 1, in this order, and at most "
              + LARGEST);
    }
    return new AdaptiveLimit(
        name, new Aimd(least, most), Nanos.positive("slowAfter", slowAfter), isOverload);
  }

  /** Waits until there is room, does {@code work}, and learns from how that went. */
  public <T extends @Nullable Object> T call(Callable<? extends T> work) throws Exception {
    try (var _ = semaphore.acquire()) {
      int running = semaphore.permits() - semaphore.available();
      long beginNanos = nanoTime();
      try {
        T result = work.call();
        ended(running, beginNanos, nanoTime() - beginNanos > slowNanos);
        return result;
      } catch (Exception e) {
        boolean isMine = Cancellation.current().isCancelled();
        if (!isMine && (e instanceof DeadlineExceededException || isOverload.test(e))) {
          ended(running, beginNanos, true);
        }
        throw e;
      }
    }
  }

  private void ended(int running, long beginNanos, boolean overloaded) {
    int before = aimd.limit();
    if (overloaded) {
      aimd.overloaded(beginNanos, nanoTime());
    } else {
      aimd.succeeded(running);
    }
    if (aimd.limit() != before) {
      semaphore.resize(aimd.limit());
    }
  }

  /** How many calls may run at a time now. */
  public int limit() {
    Internals.checkThread(loop);
    return aimd.limit();
  }

  /** How many calls run. */
  public int running() {
    return semaphore.permits() - semaphore.available();
  }

  /** How many fibers wait for room. */
  public int waiting() {
    return semaphore.waiting();
  }

  private long nanoTime() {
    Fiber<?> ignored = Internals.callerOn(loop);
    return Internals.engine(loop).nanoTime();
  }

  @Override
  public String toString() {
    return "adaptive limit of " + aimd.limit() + " on " + semaphore;
  }
}
