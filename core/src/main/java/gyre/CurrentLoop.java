package gyre;

import gyre.engine.Engine;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which loop the calling code runs on. Not for hot paths: handles know their loop.
 *
 * <p>Native fibers are found by their carrier thread, baton fibers by a thread-local that each sets
 * at its start.
 */
final class CurrentLoop {
  private static final ConcurrentHashMap<Thread, Loop> BY_THREAD = new ConcurrentHashMap<>();

  private CurrentLoop() {}

  static void add(Loop loop) {
    BY_THREAD.put(loop.thread(), loop);
  }

  static void remove(Loop loop) {
    BY_THREAD.remove(loop.thread(), loop);
  }

  static @Nullable Loop find() {
    Thread caller = Thread.currentThread();
    if (!caller.isVirtual()) {
      return BY_THREAD.get(caller);
    }
    Loop loop = BatonFibers.loopOfCaller();
    if (loop == null && FiberMechanism.mode() == FiberMode.NATIVE) {
      loop = BY_THREAD.get(NativeFibers.carrier());
    }
    return loop;
  }

  static Loop get() {
    Loop loop = find();
    if (loop == null) {
      throw new IllegalStateException(
          Thread.currentThread() + " runs on no loop: call this inside Loop.run");
    }
    return loop;
  }

  /** The engine whose next await follows what the caller does now; null if there is none. */
  static @Nullable Engine engineOfCaller() {
    if (BatonFibers.isCallerWithoutTurn()) {
      return null;
    }
    Loop loop = find();
    return loop == null ? null : loop.engine();
  }
}
