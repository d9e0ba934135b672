package gyre.engine.uring;

import gyre.engine.Operation;
import gyre.sys.CallState;
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

  private final CallState calls;
  private final Ring ring;
  private final CompletionQueue completions;
  private final Submitter submitter;
  private final OperationTable operations;
  private final Sends sends;
  private final EntryKind ignoredKind;

  Drain(
      CallState calls,
      Ring ring,
      Submitter submitter,
      OperationTable operations,
      Sends sends,
      EntryKind ignoredKind) {
    this.calls = calls;
    this.ring = ring;
    this.completions = ring.completions;
    this.submitter = submitter;
    this.operations = operations;
    this.sends = sends;
    this.ignoredKind = ignoredKind;
  }

  /** False if something did not end in time: its memory must be left to it. */
  boolean run() {
    long start = calls.nanoTime();
    abandonWithoutRequest();
    do {
      // Again and again: a request on its way between the kernel's lists is not found.
      boolean isAsked = submitter.cancelAll(OperationTable.withKind(ignoredKind, 0));
      assert isAsked || !submitter.isEmpty() : "a queue without entries has no room";
      step(0); // the answer to the question itself is there at once, and is not what is waited for
      if (operations.active() > 0) {
        step(STEP_NANOS);
      }
    } while ((operations.active() > 0 || !submitter.isEmpty())
        && calls.nanoTime() - start < LIMIT_NANOS);
    return operations.active() == 0;
  }

  private void step(long timeoutNanos) {
    int ignored = ring.submitAndWait(timeoutNanos);
    submitter.freeScratch();
    abandonCompleted();
    abandonQuiet();
  }

  private void abandonWithoutRequest() {
    for (Operation ended = operations.pollEnded(); ended != null; ended = operations.pollEnded()) {
      operations.free(ended);
    }
    for (Operation operation : operations.all()) {
      if (operation != null
          && (operation.phase == Operation.Phase.STARVING
              || operation.phase == Operation.Phase.DEFERRED)) {
        operations.free(operation);
      }
    }
  }

  /** Nobody will be told, so who has ended is idle for good. */
  private void abandonCompleted() {
    int tail = completions.tail();
    sends.findFailures(completions, completions.head(), tail);
    for (int sequence = completions.head(); sequence != tail; sequence++) {
      long tag = completions.userData(sequence);
      long outcome = completions.outcome(sequence);
      int flags = (int) (outcome >>> 32);
      operations.kindOf(tag).drop((int) outcome, flags);
      Operation operation = (flags & Uring.CQE_MORE) == 0 ? operations.find(tag) : null;
      if (operation != null) {
        operations.free(operation);
      }
    }
    completions.release(tail);
  }

  /** A quiet send that the kernel has taken, and of whose failure nothing came, is over. */
  private void abandonQuiet() {
    boolean isDecided =
        submitter.isEmpty() && (ring.submissions.flags() & Uring.SQ_CQ_OVERFLOW) == 0;
    for (Operation operation : operations.all()) {
      if (isDecided && operation != null && operation.phase == Operation.Phase.QUIET) {
        operations.free(operation);
      }
    }
  }
}
