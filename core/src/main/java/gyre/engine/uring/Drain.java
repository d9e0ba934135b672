package gyre.engine.uring;

import gyre.sys.Uring;

/**
 * Ends everything that the kernel has in hand for a ring, so that its memory can be given back.
 *
 * <p>Closing the descriptor would cancel requests too, but some time later and unseen: until then
 * the kernel may write into memory that has a new owner. No callback runs any more.
 */
final class Drain {
  private static final long LIMIT_NANOS = 2_000_000_000L;
  private static final long STEP_NANOS = 10_000_000L;

  private final Ring ring;
  private final CompletionQueue completions;
  private final Submitter submitter;
  private final SlotTable slots;
  private final Sends sends;
  private final Accepts accepts;

  Drain(Ring ring, Submitter submitter, SlotTable slots, Sends sends, Accepts accepts) {
    this.ring = ring;
    this.completions = ring.completions;
    this.submitter = submitter;
    this.slots = slots;
    this.sends = sends;
    this.accepts = accepts;
  }

  /** False if something did not end in time: its memory must be left to it. */
  boolean run() {
    long start = System.nanoTime();
    abandonWithoutRequest();
    do {
      // Again and again: a request on its way between the kernel's lists is not found.
      submitter.emitCancelAll();
      int ignored = ring.submitAndWait(slots.active() == 0 ? 0 : STEP_NANOS);
      submitter.settle();
      abandonCompleted();
      abandonQuiet();
    } while ((slots.active() > 0 || !submitter.isEmpty())
        && System.nanoTime() - start < LIMIT_NANOS);
    return slots.active() == 0;
  }

  private void abandonWithoutRequest() {
    for (Slot slot = slots.pollEnded(); slot != null; slot = slots.pollEnded()) {
      abandon(slot);
    }
    for (Slot slot : slots.all()) {
      if (slot.operation != null
          && (slot.phase == Slot.Phase.STARVING || slot.phase == Slot.Phase.DEFERRED)) {
        abandon(slot);
      }
    }
  }

  private void abandonCompleted() {
    int tail = completions.tail();
    sends.findFailures(completions, completions.head(), tail);
    for (int sequence = completions.head(); sequence != tail; sequence++) {
      long userData = completions.userData(sequence);
      long outcome = completions.outcome(sequence);
      if (SlotTable.kind(userData) == Kind.ACCEPT) {
        accepts.drop((int) outcome);
      }
      boolean isLast = ((int) (outcome >>> 32) & Uring.CQE_MORE) == 0;
      Slot slot = isLast && Kind.hasSlot(userData) ? slots.find(userData) : null;
      if (slot != null) {
        abandon(slot);
      }
    }
    completions.release(tail);
  }

  /** A quiet send that the kernel has taken, and of whose failure nothing came, is over. */
  private void abandonQuiet() {
    boolean isDecided =
        submitter.isEmpty() && (ring.submissions.flags() & Uring.SQ_CQ_OVERFLOW) == 0;
    for (Slot slot : slots.all()) {
      if (isDecided && slot.operation != null && slot.phase == Slot.Phase.QUIET) {
        abandon(slot);
      }
    }
  }

  private void abandon(Slot slot) {
    // Nobody will be told, so it is idle for good.
    var ignored = slots.free(slot);
  }
}
