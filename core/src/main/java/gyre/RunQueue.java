package gyre;

import java.util.ArrayDeque;

/**
 * What can run now, first in, first out: fibers, and continuations of other virtual threads that
 * were started inside a fiber and so run on the loop too. A fiber is in it once at most, so that it
 * is bounded by the number of fibers.
 */
final class RunQueue {
  private final ArrayDeque<Object> runnable = new ArrayDeque<>(64);

  void add(Object fiberOrContinuation) {
    runnable.add(fiberOrContinuation);
  }

  boolean isEmpty() {
    return runnable.isEmpty();
  }

  int size() {
    return runnable.size();
  }

  Object take() {
    return runnable.remove();
  }
}
