package gyre.loop;

import org.jspecify.annotations.Nullable;

/**
 * How the loop carries fibers: on its own thread ({@link NativeFibers}), or, where the JVM does not
 * open what that takes, on ordinary virtual threads that take turns with it ({@link BatonFibers}).
 *
 * <p>In both, at any time either the loop or exactly one of its fibers runs.
 */
public sealed interface FiberMechanism permits NativeFibers, BatonFibers {
  /** Whether this process can carry fibers on the loop's own thread: tested once, by doing it. */
  static boolean isNativePossible() {
    return FiberModeProbe.IS_NATIVE_POSSIBLE;
  }

  /**
   * Creates the thread of a fiber, not yet started.
   *
   * @param scopeBindings the scoped values of whoever opened its scope
   */
  Thread create(FiberThread fiber, String name, @Nullable Object scopeBindings);

  /**
   * The scoped values that the calling thread has bound, for fibers of a scope that it opens. Null
   * where nobody may know: then a fiber sees what its own body binds, and nothing else.
   */
  @Nullable Object bindings();

  /** Makes a created fiber runnable. On the loop. */
  void start(FiberThread fiber);

  /** Runs a runnable fiber until it parks, yields or ends. On the loop's own thread. */
  void run(FiberThread fiber);

  /** Parks the calling fiber. May return without reason. */
  void park(FiberThread fiber);

  /** Makes a parked fiber runnable; at most once for each park. On the loop. */
  void unpark(FiberThread fiber);

  /** Lets others run before the calling fiber goes on. */
  void giveWay(FiberThread fiber);

  /** Whether the calling thread runs on the loop: is its thread, or a fiber that has the turn. */
  boolean onLoop();

  /** Whether a fiber that has not ended waits for something that is not the loop's. On the loop. */
  boolean isBlockedElsewhere(FiberThread fiber);

  /**
   * At the entry of whatever touches the loop: a fiber that has lost its turn waits for a new one.
   */
  void reclaim();
}
