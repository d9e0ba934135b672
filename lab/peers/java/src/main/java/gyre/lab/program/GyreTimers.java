package gyre.lab.program;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.util.ArrayList;
import java.util.List;

/** Timers of a loop, from within it. A timer is an object that is started as often as one likes. */
final class GyreTimers implements TimerPasses.Work {
  private final GyreLoop loop;
  private final int alive;
  private final int operations;
  private final TimerDelays delays = new TimerDelays();
  private final List<Timer> background = new ArrayList<>();
  private final Timer[] timers;
  private final Timer[] due;
  private int fired;
  private int errors;

  GyreTimers(int alive, int operations) throws Exception {
    this.loop = GyreLoop.start();
    this.alive = alive;
    this.operations = operations;
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
  public TimerPasses.Times pass() throws Exception {
    return loop.call(this::measure);
  }

  @Override
  public int errors() throws Exception {
    return loop.call(() -> errors);
  }

  private TimerPasses.Times measure() {
    long[] first = delays.far(operations);
    long[] second = delays.far(operations);
    int[] restarts = delays.order(operations);
    int[] cancels = delays.order(operations);
    long begin = System.nanoTime();
    long now = Loop.current().nanoTime(); // of the turn, as the C programs have it
    for (int i = 0; i < operations; i++) {
      timers[i].restartAt(now + first[i]);
    }
    long started = System.nanoTime();
    for (int i : restarts) {
      timers[i].restartAt(now + second[i]);
    }
    long restarted = System.nanoTime();
    for (int i : cancels) {
      timers[i].cancel();
    }
    long cancelled = System.nanoTime();
    return new TimerPasses.Times(started - begin, restarted - started, cancelled - restarted);
  }

  @Override
  public long fireNanos() throws Exception {
    return loop.call(this::fire);
  }

  private long fire() {
    fired = 0;
    long[] soon = delays.near(operations);
    for (int i = 0; i < operations; i++) {
      due[i].restartNanos(soon[i]);
    }
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < TimerPasses.DUE_NANOS) {
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
