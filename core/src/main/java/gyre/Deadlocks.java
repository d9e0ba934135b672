package gyre;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds circles of fibers that wait for one another, before the wait that would close the circle
 * begins. Followed are locks to those who hold them, and joins to those who are joined. A fiber
 * that waits for the first of several things, or is cancelled, gets out by itself and ends the
 * search.
 *
 * <p>Costs nothing as long as nobody has to wait for a lock.
 */
final class Deadlocks {
  /** So many fibers are looked at: the search must not cost more than what it is for. */
  private static final int FIBERS_LIMIT = 256;

  private final Fiber<?> caller;

  /** Made when the first of them waits for somebody itself, which is rare. */
  private @Nullable Set<Fiber<?>> seen;

  private Deadlocks(Fiber<?> caller) {
    this.caller = caller;
  }

  /** Throws if {@code awaited} cannot be ready before {@code caller} goes on. */
  static void check(Source awaited, Fiber<?> caller) {
    if (caller.cancellation().isCancelled()) {
      return; // there will be no wait
    }
    String circle = new Deadlocks(caller).search(caller, awaited);
    if (circle != null) {
      throw new DeadlockException(
          "deadlock: "
              + circle
              + ". Take locks in the same order everywhere, and join nobody who needs a lock that"
              + " you hold");
    }
  }

  /** The circle in words that begins with the wait of {@code fiber}, or null. */
  private @Nullable String search(Fiber<?> fiber, Source awaited) {
    if (awaited.isReady()) {
      return null;
    }
    return switch (awaited) {
      case HoldWait wait -> throughHolders(fiber, wait);
      case Fiber.End end -> throughEnd(fiber, end.awaited);
      case ScopeEnd end -> throughScope(fiber, end.scope);
      default -> null;
    };
  }

  private @Nullable String throughHolders(Fiber<?> fiber, HoldWait wait) {
    String[] found = new String[1];
    wait.eachHolder(holder -> {
      String circle = found[0] == null ? throughFiber(holder) : null;
      if (circle != null) {
        found[0] = waits(fiber) + wait.what() + ", held by fiber " + circle;
      }
    });
    return found[0];
  }

  private @Nullable String throughEnd(Fiber<?> fiber, Fiber<?> joined) {
    String circle = throughFiber(joined);
    return circle == null ? null : waits(fiber) + "the end of fiber " + circle;
  }

  private @Nullable String throughScope(Fiber<?> fiber, Scope scope) {
    for (Fiber<?> child = scope.firstFiber(); child != null; child = child.siblingNext) {
      String circle = throughFiber(child);
      if (circle != null) {
        return waits(fiber) + "scope " + scope.name() + ", in which lives fiber " + circle;
      }
    }
    return null;
  }

  private static String waits(Fiber<?> fiber) {
    return "fiber " + fiber.name() + " waits for ";
  }

  /** Where the circle goes on from {@code next}, begun by its name, or null. */
  private @Nullable String throughFiber(Fiber<?> next) {
    if (next == caller) {
      return next.name();
    }
    Source awaited = next.awaited();
    if (awaited == null || next.cancellation().isCancelled() || !isNew(next)) {
      return null;
    }
    String rest = search(next, awaited);
    return rest == null ? null : next.name() + "; " + rest;
  }

  private boolean isNew(Fiber<?> fiber) {
    Set<Fiber<?>> known = seen;
    if (known == null) {
      known = new HashSet<>();
      seen = known;
    }
    return known.size() < FIBERS_LIMIT && known.add(fiber);
  }
}
