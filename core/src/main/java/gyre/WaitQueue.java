package gyre;

import org.jspecify.annotations.Nullable;

/**
 * Fibers that wait for the same thing, first come first served. Allocates nothing: the links are in
 * the fibers, each of which waits in one queue at most.
 */
final class WaitQueue {
  /** Whose it is, for those who ask what a fiber waits for. */
  private final Object owner;

  private @Nullable Fiber<?> head;
  private @Nullable Fiber<?> tail;

  WaitQueue(Object owner) {
    this.owner = owner;
  }

  boolean isEmpty() {
    return head == null;
  }

  /**
   * Parks {@code fiber}, the caller, until it is woken; may return without reason. Leaves the queue
   * in any case, also by cancellation.
   */
  void await(Fiber<?> fiber) {
    add(fiber);
    try {
      fiber.parkHere();
    } finally {
      remove(fiber);
    }
  }

  void wakeOne() {
    Fiber<?> first = head;
    if (first != null) {
      remove(first);
      first.wake();
    }
  }

  void wakeAll() {
    while (head != null) {
      wakeOne();
    }
  }

  @Override
  public String toString() {
    return switch (owner) {
      case Fiber<?> fiber -> "waiting for the end of fiber " + fiber.name();
      case Scope scope -> "waiting for all that lives in scope " + scope;
      case Handle handle -> "waiting for the close of " + handle.name();
      default -> "waiting for " + owner;
    };
  }

  private void add(Fiber<?> fiber) {
    assert fiber.waitQueue == null : "a fiber waits for one thing at a time";
    fiber.waitQueue = this;
    fiber.waitPrevious = tail;
    if (tail == null) {
      head = fiber;
    } else {
      tail.waitNext = fiber;
    }
    tail = fiber;
  }

  private void remove(Fiber<?> fiber) {
    if (fiber.waitQueue != this) {
      return;
    }
    Fiber<?> previous = fiber.waitPrevious;
    Fiber<?> next = fiber.waitNext;
    if (previous == null) {
      head = next;
    } else {
      previous.waitNext = next;
    }
    if (next == null) {
      tail = previous;
    } else {
      next.waitPrevious = previous;
    }
    fiber.waitNext = null;
    fiber.waitPrevious = null;
    fiber.waitQueue = null;
  }
}
