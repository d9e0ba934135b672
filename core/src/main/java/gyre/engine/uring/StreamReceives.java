package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.EngineCounters;
import gyre.engine.Receive;
import gyre.sys.Uring;

/** Receives from streams, one multishot request each. */
final class StreamReceives extends BufferedReceives {
  private final Submitter submitter;

  StreamReceives(
      Submitter submitter,
      CompletionQueue completions,
      SlotTable slots,
      BufferRing buffers,
      EngineCounters counters) {
    super(completions, slots, buffers, counters);
    this.submitter = submitter;
  }

  void start(Receive receive) {
    Slot slot = slots.take(receive, Kind.RECEIVE);
    slot.value = 0;
    arm(slot);
  }

  /** Takes over a receive that was served in another way. */
  void adopt(Slot slot) {
    slots.setKind(slot, Kind.RECEIVE);
    slot.phase = Slot.Phase.IN_FLIGHT;
    slot.value = 0;
    arm(slot);
  }

  /**
   * Whether one that is adopted could receive. Slow readers of what was forwarded to them may hold
   * every buffer for as long as they like, while there is plenty of memory elsewhere.
   */
  boolean hasBuffers() {
    return buffers.available() > 0;
  }

  @Override
  void arm(Slot slot) {
    submitter.emit(
        SubmissionQueue.control(
            Uring.OP_RECV,
            Uring.SQE_BUFFER_SELECT,
            Uring.RECV_MULTISHOT,
            slot.operation().descriptor),
        0,
        0,
        0,
        slot.userData,
        buffers.group());
  }

  void complete(long userData, int result, int flags) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      drop(result, flags);
    } else if (result > 0) {
      Block block = buffers.take(flags, result);
      slot.value = 1;
      try {
        ((Receive) slot.operation()).received(block, buffers.takenOffset(), result);
      } finally {
        if ((flags & Uring.CQE_MORE) == 0) {
          rearm(slot);
        }
      }
    } else {
      drop(result, flags);
      completeEmpty(slot, result);
    }
  }

  @Override
  void finish(Slot slot, int result) {
    ((Receive) slots.free(slot)).stopped(result);
  }
}
