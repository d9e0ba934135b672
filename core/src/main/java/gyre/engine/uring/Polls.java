package gyre.engine.uring;

import gyre.engine.Poll;
import gyre.sys.Uring;

/** Waits for readiness, one multishot request per descriptor. */
final class Polls extends Requests<Poll> {
  Polls(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void begin(Poll poll) {
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, poll.descriptor),
            0,
            0,
            Uring.POLL_ADD_MULTI | (long) poll.interest << 32,
            poll.tag);
  }

  @Override
  void complete(Poll poll, int result, int flags) {
    if (result < 0) {
      operations.finish(poll, result);
      return;
    }
    try {
      poll.ready(result);
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        again(poll);
      }
    }
  }
}
