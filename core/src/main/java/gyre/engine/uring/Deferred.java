package gyre.engine.uring;

import org.jspecify.annotations.Nullable;

/**
 * Operations that need memory beside their entry while there is none: they wait, in their order,
 * for the next {@code await} that finds some.
 *
 * <p>Memory is short until the kernel is called. A fiber with a thread of its own can't do that in
 * the middle of the turn, and a kernel that is short of memory itself takes nothing.
 */
final class Deferred {
  private final Submitter submitter;
  private final SlotTable slots;
  private final LongFifo waiting = new LongFifo();

  Deferred(Submitter submitter, SlotTable slots) {
    this.submitter = submitter;
    this.slots = slots;
  }

  /** Whether an operation has to queue up here; otherwise there is memory for one message. */
  boolean isQueueing() {
    return !waiting.isEmpty() || !submitter.hasRoomForMessage();
  }

  void add(Slot slot) {
    slot.phase = Slot.Phase.DEFERRED;
    waiting.add(slot.userData);
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** The first one, if there is memory for it now. */
  @Nullable Slot next() {
    while (!waiting.isEmpty() && submitter.hasRoomForMessage()) {
      Slot slot = slots.find(waiting.poll());
      if (slot != null && slot.phase == Slot.Phase.DEFERRED) {
        slot.phase = Slot.Phase.IN_FLIGHT;
        return slot;
      }
    }
    return null;
  }
}
