package gyre.lab.program;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.util.ArrayList;
import java.util.List;

/** Timers of a loop, from within it. A timer is an object that is started as often as one likes. */
final class GyreTimers implements Round {
  private static final long DUE_NANOS = 4_000_000;

  private final GyreLoop loop;
  private final int alive;
  private final int operations;
  private final TimerDelays delays = new TimerDelays();
  private final List<Timer> background = new ArrayList<>();
  private final Timer[] timers;
  private final Timer[] due;
  private int fired;
  private int errors;

  GyreTimers(GyreLoop loop, Options options) throws Exception {
    this.loop = loop;
    this.alive = options.number("alive", 1000);
    this.operations = options.number("ops", 10_000);
    this.timers = new Timer[operations];
    this.due = new Timer[operations];
    loop.call(this::fill);
  }

  private boolean fill() {
    Runnable never = () -> errors++;
    for (long delay : delays.far(alive)) {
      Timer timer = Loop.current().timer(never);
      timer.restartNanos(delay);
      background.add(timer);
    }
    for (int i = 0; i < operations; i++) {
      timers[i] = Loop.current().timer(never);
      due[i] = Loop.current().timer(() -> fired++);
    }
    return true;
  }

  @Override
  public void run(Figures figures) throws Exception {
    figures.put("alive", alive);
    figures.put("ops", operations);
    loop.call(() -> {
      measure(figures);
      figures.put("fireNanos", fire());
      figures.put("errors", errors);
      return true;
    });
  }

  private void measure(Figures figures) {
    long[] first = delays.far(operations);
    long[] second = delays.far(operations);
    int[] restarts = delays.order(operations);
    int[] cancels = delays.order(operations);
    long begin = System.nanoTime();
    for (int i = 0; i < operations; i++) {
      timers[i].restartNanos(first[i]);
    }
    long started = System.nanoTime();
    for (int i : restarts) {
      timers[i].restartNanos(second[i]);
    }
    long restarted = System.nanoTime();
    for (int i : cancels) {
      timers[i].cancel();
    }
    long cancelled = System.nanoTime();
    figures.put("startNanos", started - begin);
    figures.put("restartNanos", restarted - started);
    figures.put("cancelNanos", cancelled - restarted);
  }

  /** The time from when all are due until all have fired. */
  private long fire() {
    fired = 0;
    long begin = System.nanoTime();
    long[] soon = delays.near(operations);
    for (int i = 0; i < operations; i++) {
      due[i].restartNanos(soon[i]);
    }
    while (System.nanoTime() - begin < DUE_NANOS) {
      Thread.onSpinWait();
    }
    long from = System.nanoTime();
    while (fired < operations) {
      Fiber.yield();
    }
    long elapsed = System.nanoTime() - from;
    if (fired != operations) {
      errors++;
    }
    return elapsed;
  }
}
