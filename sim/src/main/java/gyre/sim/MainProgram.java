package gyre.sim;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Task;
import org.jspecify.annotations.Nullable;

/** What a host was given to run. It begins anew each time when the host does. */
final class MainProgram extends Program {
  private final Task main;
  private final boolean awaited;
  private @Nullable Fiber<?> supervisor;
  private boolean over;

  MainProgram(World world, Host host, String name, Task main, boolean awaited) {
    super(world, host, name);
    this.main = main;
    this.awaited = awaited;
  }

  @Override
  LoopOptions options() {
    return host().options(LoopOptions.defaults()).name(name());
  }

  @Override
  void begin(Loop opened) {
    over = false;
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
    if (!over && present != null && !present.isAlive()) {
      over = true;
      try {
        present.outcome();
      } catch (Throwable e) {
        world().failed(this, e);
      }
    }
    return over;
  }

  @Override
  boolean isAwaited() {
    return awaited;
  }

  @Override
  @Nullable Loop abandon() {
    supervisor = null;
    return super.abandon();
  }
}
