package gyre.engine.readiness;

import gyre.engine.Operation;
import org.jspecify.annotations.Nullable;

/** Operations in order, linked through themselves: an operation is in one queue at most. */
@SuppressWarnings("ReferenceEquality") // of identity is all this speaks
final class OperationQueue {
  private @Nullable Operation first;
  private @Nullable Operation last;

  boolean isEmpty() {
    return first == null;
  }

  @Nullable Operation first() {
    return first;
  }

  boolean isFirst(Operation operation) {
    return operation == first;
  }

  void add(Operation operation) {
    assert operation.next == null && operation != last;
    Operation behind = last;
    if (behind == null) {
      first = operation;
    } else {
      behind.next = operation;
    }
    last = operation;
  }

  @Nullable Operation poll() {
    Operation operation = first;
    if (operation != null) {
      removeFirst(operation);
    }
    return operation;
  }

  private void removeFirst(Operation operation) {
    first = operation.next;
    operation.next = null;
    if (first == null) {
      last = null;
    }
  }

  /** Linear, but these queues hold one operation, or a few datagrams. */
  void remove(Operation operation) {
    if (operation == first) {
      removeFirst(operation);
      return;
    }
    Operation before = first;
    while (before != null && before.next != operation) {
      before = before.next;
    }
    assert before != null : "not in this queue";
    if (before != null) {
      before.next = operation.next;
      operation.next = null;
      if (last == operation) {
        last = before;
      }
    }
  }
}
