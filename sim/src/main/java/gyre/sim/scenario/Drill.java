package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Task;
import gyre.sim.World;

/**
 * A small program and what must hold of it wherever it is cut short: for {@link
 * gyre.sim.CancelEverywhere}, and for hunts that cut at random.
 */
public interface Drill {
  String name();

  /** Builds a world with a state of its own. */
  void build(World world);

  /**
   * A fiber under a token of its own, which is cut alone. Its cancellation is no failure.
   *
   * @return whoever is told is told what became of it by {@link Fiber#isAlive} alone
   */
  static Fiber<?> alone(Scope scope, String name, Task body) {
    return scope.start(
        name,
        () -> {
          try (Cancellation token = Cancellation.current().child()) {
            token.run(body);
          } catch (CancelledException cut) {
            // It has ended early, and left everything in order.
          }
        });
  }
}
