package gyre.lab.program;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Timers of an event loop, from within it. They cannot be restarted: cancelled and started anew.
 */
@SuppressWarnings("FutureReturnValueIgnored") // The last one to fire tells that all have.
final class NettyTimers implements TimerPasses.Work {
  private final EventLoop loop;
  private final int alive;
  private final int operations;
  private final TimerDelays delays = new TimerDelays();
  private final ScheduledFuture<?>[] timers;

  /** The process ends before these are due. */
  private final Runnable tooEarly = this::fail;

  private boolean filled;
  private int fired;
  private int errors;

  NettyTimers(EventLoop loop, int alive, int operations) {
    this.loop = loop;
    this.alive = alive;
    this.operations = operations;
    this.timers = new ScheduledFuture<?>[operations];
  }

  @Override
  public TimerPasses.Times pass() throws Exception {
    return loop.submit(this::measure).get();
  }

  @Override
  public long fireNanos() throws Exception {
    long elapsed = fire().get(60, TimeUnit.SECONDS);
    loop.submit(this::check).sync();
    return elapsed;
  }

  @Override
  public int errors() throws Exception {
    return loop.submit(() -> errors).get();
  }

  private TimerPasses.Times measure() {
    if (!filled) {
      filled = true;
      for (long delay : delays.far(alive)) {
        start(delay);
      }
    }
    long[] first = delays.far(operations);
    long[] second = delays.far(operations);
    int[] restarts = delays.order(operations);
    int[] cancels = delays.order(operations);
    long begin = System.nanoTime();
    for (int i = 0; i < operations; i++) {
      timers[i] = start(first[i]);
    }
    long started = System.nanoTime();
    for (int i : restarts) {
      timers[i].cancel(false);
      timers[i] = start(second[i]);
    }
    long restarted = System.nanoTime();
    for (int i : cancels) {
      timers[i].cancel(false);
    }
    long cancelled = System.nanoTime();
    return new TimerPasses.Times(started - begin, restarted - started, cancelled - restarted);
  }

  private void fail() {
    errors++;
  }

  private ScheduledFuture<?> start(long delayNanos) {
    return loop.schedule(tooEarly, delayNanos, TimeUnit.NANOSECONDS);
  }

  /** After all that was due in the turn of the last one, so that one too many is seen. */
  private void check() {
    if (fired != operations) {
      errors++;
    }
  }

  private CompletableFuture<Long> fire() {
    CompletableFuture<Long> elapsed = new CompletableFuture<>();
    loop.execute(() -> {
      fired = 0;
      long[] due = new long[1];
      Runnable count =
          () -> {
            if (++fired == operations) {
              elapsed.complete(System.nanoTime() - due[0]);
            }
          };
      for (long delay : delays.near(operations)) {
        loop.schedule(count, delay, TimeUnit.NANOSECONDS);
      }
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < TimerPasses.DUE_NANOS) {
        Thread.onSpinWait();
      }
      due[0] = System.nanoTime();
    });
    return elapsed;
  }
}
