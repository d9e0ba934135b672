package gyre.loop;

import gyre.engine.Environment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What can run now, first in, first out: fibers, and continuations of other virtual threads that
 * were started inside a fiber and so run on the loop too. A fiber is in it once at most, so that it
 * is bounded by the number of fibers.
 */
public final class RunQueue {
  private final ArrayDeque<Object> runnable = new ArrayDeque<>(64);

  /** Null for first in, first out. */
  private final Environment.@Nullable Order order;

  public RunQueue(Environment.@Nullable Order order) {
    this.order = order;
  }

  public void add(Object fiberOrContinuation) {
    runnable.add(fiberOrContinuation);
  }

  public boolean isEmpty() {
    return runnable.isEmpty();
  }

  /** The loop has closed. */
  public void abandon() {
    runnable.forEach(Mailbox::forward);
    runnable.clear();
  }

  public int size() {
    return runnable.size();
  }

  /** One of the first {@code among}, which is the first unless somebody wants to choose. */
  public Object take(int among) {
    return order == null || among == 1 ? runnable.remove() : take(order.pick(among), among);
  }

  private Object take(int index, int among) {
    assert index >= 0 && index < among && among <= runnable.size();
    Object[] before = new Object[index];
    for (int i = 0; i < index; i++) {
      before[i] = runnable.remove();
    }
    Object taken = runnable.remove();
    for (int i = index - 1; i >= 0; i--) {
      runnable.addFirst(before[i]);
    }
    return taken;
  }
}
