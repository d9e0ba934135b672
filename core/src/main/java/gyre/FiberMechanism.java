package gyre;

import org.jspecify.annotations.Nullable;

/**
 * How the loop carries fibers: on its own thread ({@link NativeFibers}), or, where the JVM does not
 * open what that takes, on ordinary virtual threads that take turns with it ({@link BatonFibers}).
 *
 * <p>In both, at any time either the loop or exactly one of its fibers runs.
 */
sealed interface FiberMechanism permits NativeFibers, BatonFibers {
  /** Which one this process uses: tested once, by doing it. */
  static FiberMode mode() {
    return FiberModeProbe.MODE;
  }

  static FiberMechanism of(Loop loop, FiberMode mode) {
    return switch (mode) {
      case NATIVE -> new NativeFibers(loop);
      case BATON -> new BatonFibers(loop);
    };
  }

  /** Creates the thread of a fiber, not yet started. */
  Thread create(Fiber<?> fiber);

  /**
   * The scoped values that the calling thread has bound, for fibers of a scope that it opens. Null
   * where nobody may know: then a fiber sees what its own body binds, and nothing else.
   */
  @Nullable Object bindings();

  /** Makes a created fiber runnable. On the loop. */
  void start(Fiber<?> fiber);

  /** Runs a runnable fiber until it parks, yields or ends. On the loop's own thread. */
  void run(Fiber<?> fiber);

  /** Parks the calling fiber. May return without reason. */
  void park(Fiber<?> fiber);

  /** Makes a parked fiber runnable; at most once for each park. On the loop. */
  void unpark(Fiber<?> fiber);

  /** Lets others run before the calling fiber goes on. */
  void giveWay(Fiber<?> fiber);

  /** Whether the calling thread runs on the loop: is its thread, or a fiber that has the turn. */
  boolean onLoop();

  /** Whether a fiber that has not ended waits for something that is not the loop's. On the loop. */
  boolean isBlockedElsewhere(Fiber<?> fiber);

  /**
   * At the entry of whatever touches the loop: a fiber that has lost its turn waits for a new one.
   */
  void reclaim();
}
