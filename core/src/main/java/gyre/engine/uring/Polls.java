package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.sys.Uring;

/** Waits for readiness, one multishot request per descriptor. */
final class Polls {
  private final Submitter submitter;
  private final SlotTable slots;

  Polls(Submitter submitter, SlotTable slots) {
    this.submitter = submitter;
    this.slots = slots;
  }

  void start(Poll poll) {
    arm(slots.take(poll, Kind.POLL));
  }

  private void arm(Slot slot) {
    Poll poll = (Poll) slot.operation();
    submitter.emit(
        SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, poll.descriptor),
        0,
        0,
        Uring.POLL_ADD_MULTI | (long) poll.interest << 32,
        slot.userData,
        0);
  }

  void complete(long userData, int result, int flags) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      return;
    }
    Poll poll = (Poll) slot.operation();
    if (result < 0) {
      finish(slot, result);
      return;
    }
    try {
      poll.ready(result);
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        rearm(slot);
      }
    }
  }

  private void rearm(Slot slot) {
    if (slot.operation().state == Operation.State.CANCELLING) {
      finish(slot, Errno.ECANCELED.negated());
    } else {
      arm(slot);
    }
  }

  void finish(Slot slot, int result) {
    ((Poll) slots.free(slot)).stopped(result);
  }
}
