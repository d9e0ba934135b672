package gyre.sim;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Task;
import gyre.spi.Internals;
import gyre.spi.Internals.StopBySignals;
import org.jspecify.annotations.Nullable;

/** What a host was given to run. It begins anew each time when the host does. */
final class MainProgram extends Program {
  private final Task main;
  private final boolean awaited;
  private @Nullable Fiber<?> supervisor;
  private final Host.@Nullable StopPlan stop;
  private @Nullable StopBySignals stops;
  private boolean over;

  MainProgram(
      World world,
      Host host,
      String name,
      Task main,
      boolean awaited,
      Host.@Nullable StopPlan stop) {
    super(world, host, name);
    this.main = main;
    this.awaited = awaited;
    this.stop = stop;
  }

  @Override
  LoopOptions options() {
    return host().options(LoopOptions.defaults()).name(name());
  }

  @Override
  void begin(Loop opened) {
    over = false;
    Host.StopPlan plan = stop;
    stops = plan == null ? null : Internals.stopBySignals(opened, plan.how());
    supervisor =
        opened
            .driver()
            .begin(() -> {
              main.run();
              return true;
            });
  }

  @Override
  boolean isStartable() {
    return !isRunning();
  }

  @Override
  boolean isOver() {
    Fiber<?> present = supervisor;
    if (!over && present != null && !present.isAlive() && !isDraining()) {
      over = true;
      try {
        present.outcome();
      } catch (CancelledException e) {
        if (stops == null) {
          world().failed(this, e);
        } // else what ended it is in its status
      } catch (Throwable e) {
        world().failed(this, e);
      }
      tellStatus();
    }
    return over;
  }

  /** A signal has begun to end it, and what that takes is not over. */
  private boolean isDraining() {
    Loop present = loop();
    return stops != null
        && present != null
        && Internals.isDraining(present.root())
        && present.shutdownReport() == null;
  }

  private void tellStatus() {
    StopBySignals ended = stops;
    Host.StopPlan plan = stop;
    if (ended != null && plan != null) {
      stops = null;
      plan.ended().accept(ended.status());
      ended.close();
    }
  }

  @Override
  boolean isAwaited() {
    return awaited;
  }

  @Override
  @Nullable Loop abandon() {
    supervisor = null;
    stops = null;
    return super.abandon();
  }
}
