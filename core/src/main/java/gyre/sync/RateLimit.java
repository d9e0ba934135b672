package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.spi.Internals;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * So much a second, for which fibers wait: requests, bytes, messages. Limits stand below others, as
 * a connection's below its customer's below the loop's; what is acquired is taken from all of them,
 * or from none.
 *
 * <pre>{@code
 * RateLimit all = RateLimit.create("all", 10_000, 1_000);
 * RateLimit customer = all.child("customer", 100, 20);
 * ...
 * customer.acquire(1);
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused.
 *   <li><b>Fairness</b>: first come, first served, in each limit; whoever is first in a child
 *       stands in line at the parent.
 *   <li><b>Cancellation</b>: a wait that is cancelled has taken nothing.
 *   <li><b>Closing</b>: need not be closed; a timer runs only while somebody waits.
 *   <li><b>Cost</b>: a {@link Semaphore}'s permit for each limit in the line; {@link #tryAcquire}
 *       and {@link #take} allocate nothing.
 *   <li><b>Bytes of streams</b>: {@code gyre.io.ByteRateLimit} holds streams back by itself.
 *   <li><b>Large amounts</b>: more than the burst is granted when the bucket is full, and owed.
 * </ul>
 */
public final class RateLimit {
  private final Loop loop;
  private final String name;
  private final @Nullable RateLimit parent;
  private final TokenBucket bucket;
  private final Semaphore line;

  private RateLimit(String name, @Nullable RateLimit parent, long perSecond, long burst) {
    this.loop = Loop.current();
    this.name = name;
    this.parent = parent;
    this.bucket = TokenBucket.create(perSecond, burst, nanoTime(loop));
    this.line = Semaphore.create("rate limit " + name, 1);
  }

  /**
   * A limit for fibers of the loop that the calling code runs on.
   *
   * @param perSecond units that come each second
   * @param burst how many may be taken at once after a pause
   */
  public static RateLimit create(String name, long perSecond, long burst) {
    return new RateLimit(name, null, perSecond, burst);
  }

  /** A limit below this one. */
  public RateLimit child(String childName, long perSecond, long burst) {
    return new RateLimit(childName, this, perSecond, burst);
  }

  /** Takes so many units, here and above; parks until they are there. */
  public void acquire(long units) {
    checkUnits(units);
    try (var _ = line.acquire()) {
      while (true) {
        long waitNanos = bucket.nanosUntil(units, nanoTime(loop));
        if (waitNanos == 0) {
          break;
        }
        Fiber.sleep(Duration.ofNanos(waitNanos));
      }
      if (parent != null) {
        parent.acquire(units);
      }
      bucket.take(units, nanoTime(loop));
    }
  }

  /** Takes so many units if they are there, here and above, and nobody waits. Does not park. */
  public boolean tryAcquire(long units) {
    Fiber<?> ignored = Internals.callerOn(loop);
    checkUnits(units);
    long nowNanos = nanoTime(loop);
    for (RateLimit limit = this; limit != null; limit = limit.parent) {
      if (limit.line.available() == 0 || limit.bucket.available(nowNanos) < units) {
        return false;
      }
    }
    take(units);
    return true;
  }

  /**
   * Takes so many units, here and above, also if they are not there: for what has happened already.
   * Whoever acquires next waits for longer. Does not park.
   */
  public void take(long units) {
    Internals.checkThread(loop);
    checkUnits(units);
    long nowNanos = nanoTime(loop);
    for (RateLimit limit = this; limit != null; limit = limit.parent) {
      limit.bucket.take(units, nowNanos);
    }
  }

  /** Another rate and burst from now on. Whoever waits goes on waiting as before. */
  public void change(long perSecond, long burst) {
    Internals.checkThread(loop);
    bucket.change(perSecond, burst, nanoTime(loop));
  }

  /** How much could be taken now; below zero if some is owed. */
  public long available() {
    Internals.checkThread(loop);
    long leastUnits = Long.MAX_VALUE;
    for (RateLimit limit = this; limit != null; limit = limit.parent) {
      leastUnits = Math.min(leastUnits, limit.bucket.available(nanoTime(loop)));
    }
    return leastUnits;
  }

  private static long nanoTime(Loop loop) {
    return Internals.engine(loop).nanoTime();
  }

  private static void checkUnits(long units) {
    if (units < 0) {
      throw new IllegalArgumentException("units is " + units + ": must not be negative");
    }
  }

  @Override
  public String toString() {
    return "rate limit " + name + ": " + bucket;
  }
}
