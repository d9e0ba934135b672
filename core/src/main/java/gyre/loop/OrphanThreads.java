package gyre.loop;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Carries the virtual threads that fibers have started and whose loop has closed since. The loop is
 * their scheduler for life; without this they would never run again, nor give back a lock.
 *
 * <p>The carriers are threads that do nothing else, since to resume a virtual thread on a carrier
 * that holds a monitor crashes the JVM: not, for example, whoever closes the loop or unparks the
 * thread. The queue holds a virtual thread once at most. Fibers are not carried on: those that a
 * forced shutdown has left behind rely on running on their loop alone.
 */
public final class OrphanThreads {
  private static final ThreadPoolExecutor CARRIERS = carriers();

  private OrphanThreads() {}

  private static ThreadPoolExecutor carriers() {
    int threads = Runtime.getRuntime().availableProcessors();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            5,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("gyre-orphans-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Lets a virtual thread go on. From any thread. */
  public static void resume(Runnable continuation) {
    CARRIERS.execute(continuation);
  }
}
