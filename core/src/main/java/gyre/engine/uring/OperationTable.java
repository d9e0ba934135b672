package gyre.engine.uring;

import gyre.engine.Operation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the operation that a completion belongs to.
 *
 * <p>The kernel hands back 64 bits, the operation's tag: kind of request (8), generation (24) and
 * index (32). An index that is freed gets a new generation, so that a late completion finds nobody
 * instead of a stranger. Indexes are reused last in, first out.
 */
final class OperationTable {
  private static final int KIND_SHIFT = 56;
  private static final int KINDS_LIMIT = 256;
  private static final int GENERATION_MASK = (1 << 24) - 1;

  private @Nullable Operation[] operations = new @Nullable Operation[0];
  private int[] generations = new int[0];
  private int[] free = new int[0];
  private int freeCount;

  private EntryKind[] kinds = new EntryKind[0];

  /** Operations whose end is known without the kernel, to be told at the next dispatch. */
  private final LongFifo ended = new LongFifo();

  void register(EntryKind kind) {
    assert kinds.length < KINDS_LIMIT;
    kind.number = kinds.length;
    kinds = Arrays.copyOf(kinds, kinds.length + 1);
    kinds[kind.number] = kind;
  }

  EntryKind kindOf(long tag) {
    return kinds[(int) (tag >>> KIND_SHIFT)];
  }

  /** The tag of an entry of another kind that is about the same operation. */
  static long withKind(EntryKind kind, long tag) {
    return ((long) kind.number << KIND_SHIFT) | (tag & ((1L << KIND_SHIFT) - 1));
  }

  /** Free places are null. */
  @Nullable Operation[] all() {
    return operations;
  }

  int active() {
    return operations.length - freeCount;
  }

  void take(Operation operation, EntryKind kind) {
    assert operation.state == Operation.State.IDLE : "submitted while active";
    if (freeCount == 0) {
      grow();
    }
    int index = free[--freeCount];
    operations[index] = operation;
    operation.index = index;
    operation.state = Operation.State.ACTIVE;
    operation.phase = Operation.Phase.IN_FLIGHT;
    operation.value = 0;
    setKind(operation, kind);
  }

  /** The present request of an operation is replaced by one of another kind. */
  void setKind(Operation operation, EntryKind kind) {
    int index = operation.index;
    operation.tag =
        (long) kind.number << KIND_SHIFT | (long) generations[index] << Integer.SIZE | index;
  }

  /** The operation is idle again; what is still to come for it finds nobody. */
  void free(Operation operation) {
    int index = operation.index;
    assert operations[index] == operation;
    operations[index] = null;
    generations[index] = (generations[index] + 1) & GENERATION_MASK;
    free[freeCount++] = index;
    operation.index = -1;
    operation.state = Operation.State.IDLE;
    operation.phase = Operation.Phase.ENDED;
  }

  /** The terminal callback. */
  void finish(Operation operation, int result) {
    free(operation);
    operation.ended(result);
  }

  /** Null if the operation is gone, or its present request is another one. */
  @Nullable Operation find(long tag) {
    int index = (int) tag;
    Operation operation = index < operations.length ? operations[index] : null;
    return operation != null && operation.tag == tag ? operation : null;
  }

  /** An operation that is not gone, whatever its present request. */
  @Nullable Operation findOwner(long tag) {
    Operation operation = operations[(int) tag];
    boolean isSame = operation != null && (operation.tag ^ tag) << (Long.SIZE - KIND_SHIFT) == 0;
    return isSame ? operation : null;
  }

  /** No request is with the kernel any more, or none came to be: the operation ends with this. */
  void end(Operation operation, int result) {
    operation.phase = Operation.Phase.ENDED;
    operation.value = result;
    ended.add(operation.tag);
  }

  boolean hasEnded() {
    return !ended.isEmpty();
  }

  /** The next one of those that {@link #end} was called for, or null. */
  @Nullable Operation pollEnded() {
    return ended.isEmpty() ? null : find(ended.poll());
  }

  private void grow() {
    int old = operations.length;
    int size = Math.max(16, old * 2);
    operations = Arrays.copyOf(operations, size);
    generations = Arrays.copyOf(generations, size);
    free = Arrays.copyOf(free, size);
    for (int index = size - 1; index >= old; index--) {
      free[freeCount++] = index;
    }
  }
}
