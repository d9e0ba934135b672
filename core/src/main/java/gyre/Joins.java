package gyre;

import org.jspecify.annotations.Nullable;

/**
 * Finds waits for the end of a fiber or a scope that would never be over, before they begin.
 *
 * <p>Two facts are enough. A fiber ends after all fibers of the scopes that it has open: so what
 * the caller waits for must not be an <em>ancestor</em> of it, which is the caller itself, the
 * owner of the scope that the caller lives in, the owner of the scope which that one lives in, and
 * so on. And a fiber that joins another ends after that one: so what it waits for must not be an
 * ancestor either.
 */
final class Joins {
  /** A chain of fibers that join one another is followed so far. */
  private static final int CHAIN_LIMIT = 256;

  private Joins() {}

  /** Throws if {@code awaited} cannot end before {@code caller} does. */
  static void checkCanEnd(Fiber<?> awaited, Fiber<?> caller) {
    if (!awaited.isAlive() || caller.cancellation().isCancelled()) {
      return; // there will be no wait
    }
    Fiber<?> last = awaited;
    for (int i = 0; i < CHAIN_LIMIT && last != null; i++) {
      if (isAncestor(last, caller) || awaitsScopeAround(last, caller)) {
        throw wouldHang(awaited, last, caller);
      }
      last = last.awaited() instanceof Fiber.End end ? end.awaited : null;
    }
    if (caller.held != null) {
      Deadlocks.check(awaited.end(), caller);
    }
  }

  /** Throws if not all fibers of {@code awaited} can end before {@code caller} does. */
  static void checkCanEnd(Scope awaited, Fiber<?> caller) {
    Fiber<?> ancestor = ancestorIn(awaited, caller);
    if (caller.cancellation().isCancelled()) {
      return;
    }
    if (ancestor == null) {
      if (caller.held != null) {
        Deadlocks.check(awaited.end(), caller);
      }
      return;
    }
    String why =
        ancestor == caller
            ? " lives in scope " + awaited + " and would wait for itself"
            : " would wait for fiber "
                + ancestor.name()
                + " of scope "
                + awaited
                + ", which has a scope open that the first one lives in";
    throw new IllegalStateException(
        "fiber "
            + caller.name()
            + why
            + ": open a scope (try (Scope mine = Scope.open(\"mine\"))), start what is to be waited"
            + " for in that one, and join it");
  }

  private static boolean isAncestor(Fiber<?> fiber, Fiber<?> caller) {
    for (Fiber<?> up = caller; up != null; up = up.scope().owner()) {
      if (up == fiber) {
        return true;
      }
    }
    return false;
  }

  private static boolean awaitsScopeAround(Fiber<?> fiber, Fiber<?> caller) {
    return fiber.awaited() instanceof ScopeEnd end && ancestorIn(end.scope, caller) != null;
  }

  private static @Nullable Fiber<?> ancestorIn(Scope scope, Fiber<?> caller) {
    for (Fiber<?> up = caller; up != null; up = up.scope().owner()) {
      if (up.scope() == scope) {
        return up;
      }
    }
    return null;
  }

  private static IllegalStateException wouldHang(Fiber<?> awaited, Fiber<?> last, Fiber<?> caller) {
    String joins = "fiber " + caller.name() + " joins ";
    if (awaited == caller) {
      return new IllegalStateException(
          joins + "itself and would wait for ever: leave that to whoever started it");
    }
    String why =
        isAncestor(awaited, caller)
            ? ", which has a scope open that the first one lives in"
            : ", which waits for the first one" + (awaited == last ? "" : " over " + last.name());
    return new IllegalStateException(
        joins
            + "fiber "
            + awaited.name()
            + why
            + ": both would wait for ever. Let one of them end without the other");
  }
}
