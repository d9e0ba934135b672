package gyre.engine.uring;

import gyre.engine.Operation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the operation that a completion belongs to.
 *
 * <p>The kernel hands back 64 bits: kind of request, generation and index of a slot. A slot that is
 * freed gets a new generation, so that a late completion finds nobody instead of a stranger. Slots
 * are reused last in, first out, and kept for the life of the engine.
 */
final class SlotTable {
  private static final int KIND_SHIFT = 60;
  private static final int GENERATION_BITS = KIND_SHIFT - 32;
  private static final int GENERATION_MASK = (1 << GENERATION_BITS) - 1;

  private Slot[] slots = new Slot[0];
  private int[] free = new int[0];
  private int freeCount;

  /** Operations whose end is known without the kernel, to be told at the next dispatch. */
  private final LongFifo ended = new LongFifo();

  static int kind(long userData) {
    return (int) (userData >>> KIND_SHIFT);
  }

  static long withKind(int kind, long userData) {
    return ((long) kind << KIND_SHIFT) | (userData & ((1L << KIND_SHIFT) - 1));
  }

  static long userData(int kind, int low) {
    return (long) kind << KIND_SHIFT | low;
  }

  static int low(long userData) {
    return (int) userData;
  }

  /** Free ones included. */
  Slot[] all() {
    return slots;
  }

  int active() {
    return slots.length - freeCount;
  }

  Slot take(Operation operation, int kind) {
    if (freeCount == 0) {
      grow();
    }
    Slot slot = slots[free[--freeCount]];
    slot.operation = operation;
    slot.phase = Slot.Phase.IN_FLIGHT;
    assert operation.state == Operation.State.IDLE : "submitted while active";
    operation.state = Operation.State.ACTIVE;
    operation.slot = slot.index;
    setKind(slot, kind);
    return slot;
  }

  /** The present request of a slot is replaced by one of another kind. */
  void setKind(Slot slot, int kind) {
    slot.userData = (long) kind << KIND_SHIFT | (long) slot.generation << 32 | slot.index;
  }

  /** The operation is idle again; what is still to come for it finds nobody. */
  Operation free(Slot slot) {
    Operation operation = slot.operation();
    operation.slot = -1;
    operation.state = Operation.State.IDLE;
    slot.operation = null;
    slot.generation = (slot.generation + 1) & GENERATION_MASK;
    free[freeCount++] = slot.index;
    return operation;
  }

  @SuppressWarnings("ReferenceEquality")
  Slot of(Operation operation) {
    Slot slot = slots[operation.slot];
    assert slot.operation == operation;
    return slot;
  }

  /** Null if the operation is gone, or its present request is another one. */
  @Nullable Slot find(long userData) {
    Slot slot = slots[(int) userData];
    return slot.operation != null && slot.userData == userData ? slot : null;
  }

  /** The slot of an operation that is not gone, whatever its present request. */
  @Nullable Slot findOwner(long userData) {
    Slot slot = slots[(int) userData];
    boolean isSame = (slot.userData ^ userData) << (Long.SIZE - KIND_SHIFT) == 0;
    return slot.operation != null && isSame ? slot : null;
  }

  /** No request is with the kernel any more, or none came to be: the operation ends with this. */
  void end(Slot slot, int result) {
    slot.phase = Slot.Phase.ENDED;
    slot.value = result;
    ended.add(slot.userData);
  }

  boolean hasEnded() {
    return !ended.isEmpty();
  }

  /** The next one of those that {@link #end} was called for, or null. */
  @Nullable Slot pollEnded() {
    return ended.isEmpty() ? null : find(ended.poll());
  }

  private void grow() {
    int old = slots.length;
    int size = Math.max(16, old * 2);
    slots = Arrays.copyOf(slots, size);
    free = Arrays.copyOf(free, size);
    for (int index = size - 1; index >= old; index--) {
      slots[index] = new Slot(index);
      free[freeCount++] = index;
    }
  }
}
