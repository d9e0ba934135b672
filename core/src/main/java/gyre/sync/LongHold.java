package gyre.sync;

import gyre.Fiber;
import gyre.loop.TimerNode;
import gyre.spi.Internals;

/**
 * Tells of a lock that is held for long while the loop turns: so its holder is parked. A switch for
 * debugging, {@code LoopOptions.reportLongHolds}.
 */
final class LongHold extends TimerNode {
  private final Holding holding;
  private final long limitNanos;

  LongHold(Holding holding, long limitNanos) {
    this.holding = holding;
    this.limitNanos = limitNanos;
  }

  void start() {
    Internals.startTimer(holding.grants().loop, this, limitNanos);
  }

  void stop() {
    Internals.cancelTimer(holding.grants().loop, this);
  }

  @Override
  protected void fired(long nowNanos) {
    Fiber<?> fiber = holding.fiber();
    if (fiber == null) {
      return;
    }
    IllegalStateException report =
        new IllegalStateException(
            "fiber "
                + fiber.name()
                + " has held "
                + holding.what()
                + " for "
                + limitNanos / 1_000_000
                + " ms and is parked; the trace is where. "
                + holding.grants().waiting()
                + " fibers wait for it");
    report.setStackTrace(fiber.stackTrace());
    Internals.report(holding.grants().loop, "lock", report);
  }
}
