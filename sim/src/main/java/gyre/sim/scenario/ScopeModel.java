package gyre.sim.scenario;

import gyre.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one scope promises: when it is closed none of its fibers lives, and none of its handles is
 * open; once one of its fibers has failed all others are cancelled; and that failure reaches
 * whoever joins or closes it.
 */
final class ScopeModel {
  private final String name;
  private final List<String> alive = new ArrayList<>();
  private @Nullable Throwable failure;
  private boolean closed;

  ScopeModel(String name) {
    this.name = name;
  }

  void begins(String fiber) {
    Weathered.check(!closed, "fiber " + fiber + " began after the end of scope " + name);
    alive.add(fiber);
  }

  void ends(String fiber) {
    Weathered.check(!closed, "fiber " + fiber + " has outlived scope " + name);
    alive.remove(fiber);
  }

  /** A fiber is about to fail. */
  <T extends Throwable> T fails(T problem) {
    if (failure == null) {
      failure = problem;
    }
    return problem;
  }

  /** {@link Scope#close} has returned, or thrown {@code told}. */
  void closed(@Nullable Throwable told) {
    closed = true;
    Weathered.check(alive.isEmpty(), "scope " + name + " has ended, and " + alive + " live");
    Weathered.check(
        failure == null || told != null, "scope " + name + " has lost the failure " + failure);
  }
}
