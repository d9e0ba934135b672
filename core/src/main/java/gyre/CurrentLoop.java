package gyre;

import gyre.loop.BatonFibers;
import gyre.loop.FiberMechanism;
import gyre.loop.NativeFibers;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which loop the calling code runs on. Not for hot paths: handles know their loop.
 *
 * <p>Native fibers are found by their carrier thread, baton fibers by a thread-local that each sets
 * at its start. Of several loops of one thread it is the one that was turned or opened last.
 */
final class CurrentLoop {
  /** The loops of a thread, the current one last; each list is touched by its thread alone. */
  private static final ConcurrentHashMap<Thread, ArrayDeque<Loop>> BY_THREAD =
      new ConcurrentHashMap<>();

  private CurrentLoop() {}

  /** Makes {@code loop} the current one of its thread, the caller. */
  static void add(Loop loop) {
    ArrayDeque<Loop> loops =
        BY_THREAD.computeIfAbsent(loop.thread(), thread -> new ArrayDeque<>(1));
    if (!loop.equals(loops.peekLast())) {
      loops.remove(loop);
      loops.addLast(loop);
    }
  }

  /** The one before it is current again. */
  static void remove(Loop loop) {
    ArrayDeque<Loop> loops = BY_THREAD.get(loop.thread());
    if (loops != null) {
      loops.remove(loop);
      if (loops.isEmpty()) {
        BY_THREAD.remove(loop.thread());
      }
    }
  }

  private static @Nullable Loop of(Thread thread) {
    ArrayDeque<Loop> loops = BY_THREAD.get(thread);
    return loops == null ? null : loops.peekLast();
  }

  static @Nullable Loop find() {
    Thread caller = Thread.currentThread();
    if (!caller.isVirtual()) {
      return of(caller);
    }
    // In this order: asking for a thread-local makes a map of them, in every fiber that asks.
    Loop loop = FiberMechanism.isNativePossible() ? of(NativeFibers.carrier()) : null;
    return loop == null && BatonFibers.caller() instanceof Fiber<?> fiber ? fiber.loop() : loop;
  }

  static Loop get() {
    Loop loop = find();
    if (loop == null) {
      throw new IllegalStateException(
          Thread.currentThread() + " runs on no loop: call this inside Loop.run");
    }
    return loop;
  }
}
