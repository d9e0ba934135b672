package gyre.lab.program;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Timers of an event loop, from within it. They cannot be restarted: cancelled and started anew.
 */
@SuppressWarnings("FutureReturnValueIgnored") // The last one to fire tells that all have.
final class NettyTimers implements Round {
  private static final long DUE_NANOS = 4_000_000;

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

  NettyTimers(EventLoop loop, Options options) {
    this.loop = loop;
    this.alive = options.number("alive", 1000);
    this.operations = options.number("ops", 10_000);
    this.timers = new ScheduledFuture<?>[operations];
  }

  @Override
  public void run(Figures figures) throws Exception {
    figures.put("alive", alive);
    figures.put("ops", operations);
    loop.submit(() -> measure(figures)).sync();
    figures.put("fireNanos", fire().get(60, TimeUnit.SECONDS));
    figures.put("errors", loop.submit(this::checked).get());
  }

  private void measure(Figures figures) {
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
    figures.put("startNanos", started - begin);
    figures.put("restartNanos", restarted - started);
    figures.put("cancelNanos", cancelled - restarted);
  }

  private void fail() {
    errors++;
  }

  private ScheduledFuture<?> start(long delayNanos) {
    return loop.schedule(tooEarly, delayNanos, TimeUnit.NANOSECONDS);
  }

  /** After all that was due in the turn of the last one, so that one too many is seen. */
  private int checked() {
    if (fired != operations) {
      errors++;
    }
    return errors;
  }

  /** The time from when all are due until all have fired. */
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
      long begin = System.nanoTime();
      for (long delay : delays.near(operations)) {
        loop.schedule(count, delay, TimeUnit.NANOSECONDS);
      }
      while (System.nanoTime() - begin < DUE_NANOS) {
        Thread.onSpinWait();
      }
      due[0] = System.nanoTime();
    });
    return elapsed;
  }
}
