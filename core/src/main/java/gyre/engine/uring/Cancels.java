package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.sys.Uring;

/** Asks the kernel to end requests; only a failure of that is told. */
final class Cancels extends EntryKind {
  private final Submitter submitter;
  private final OperationTable operations;
  private final int flags;

  Cancels(Ring ring, Submitter submitter, OperationTable operations) {
    this.submitter = submitter;
    this.operations = operations;
    this.flags = ring.has(Feature.QUIET_SENDS) ? Uring.SQE_CQE_SKIP_SUCCESS : 0;
    operations.register(this);
  }

  void cancel(Operation operation) {
    submitter.request(OperationTable.withKind(this, operation.tag));
  }

  @Override
  void emit(long tag) {
    Operation operation = operations.findOwner(tag);
    if (operation != null && isWanted(operation)) {
      long control = SubmissionQueue.control(Uring.OP_ASYNC_CANCEL, flags, 0, -1);
      submitter.emit(control, 0, operation.tag, 0, tag);
    }
  }

  /**
   * A request on its way from one list of the kernel's to another is not found, and would live on:
   * if its end has not come by now, it has to be asked for again.
   */
  @Override
  boolean complete(long tag, int result, int flags) {
    Operation operation = result == Errno.ENOENT.negated() ? operations.findOwner(tag) : null;
    if (operation != null && isWanted(operation)) {
      cancel(operation);
    }
    return false;
  }

  /** Its request may have ended meanwhile, and the operation have gone on with another. */
  private static boolean isWanted(Operation operation) {
    return operation.phase == Operation.Phase.ENDING
        || (operation.phase == Operation.Phase.IN_FLIGHT
            && operation.state == Operation.State.CANCELLING);
  }
}
