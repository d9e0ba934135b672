package gyre;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a program wants done while its loop shuts down: see {@link Loop#onShutdown}. One after the
 * other, the last registered first, in one fiber that is outside of the scopes which the shutdown
 * ends.
 */
final class ShutdownActions {
  private final Loop loop;
  private final Scope scope;
  private final ArrayDeque<Action> actions = new ArrayDeque<>(0);
  private @Nullable Fiber<?> runner;

  /**
   * @param scope in which they run, and that is not drained
   */
  ShutdownActions(Loop loop, Scope scope) {
    this.loop = loop;
    this.scope = scope;
  }

  private final class Action implements Registration {
    private final Task task;

    Action(Task task) {
      this.task = task;
    }

    @Override
    public void close() {
      loop.checkThread();
      actions.remove(this);
    }
  }

  Registration add(Task task) {
    Action action = new Action(task);
    actions.push(action);
    return action;
  }

  void begin() {
    if (!actions.isEmpty()) {
      runner =
          scope.launch(
              "shutdown-actions",
              () -> {
                runAll();
                return true;
              });
    }
  }

  private void runAll() {
    while (!actions.isEmpty() && !scope.cancellation().isCancelled()) {
      Action action = actions.pop();
      try (Scope own = Scope.open("shutdown-action")) {
        assert own.fibers() == 0;
        action.task.run();
      } catch (Throwable e) {
        boolean isTooLate = e instanceof CancelledException && scope.cancellation().isCancelled();
        if (!isTooLate) {
          loop.report("an action of the shutdown", e);
        }
      }
    }
  }

  boolean isDone() {
    return runner == null || !runner.isAlive();
  }

  /** The time is up. */
  void cancel() {
    if (!isDone()) {
      scope.cancel("the shutdown has no more time");
    }
  }

  Scope scope() {
    return scope;
  }

  /** How many there was no time for. */
  int left() {
    return actions.size();
  }
}
