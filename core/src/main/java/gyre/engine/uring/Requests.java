package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Operation;

/** Carries out the operations of one kind. */
abstract class Requests<O extends Operation> extends EntryKind {
  final Submitter submitter;
  final OperationTable operations;

  Requests(Submitter submitter, OperationTable operations) {
    this.submitter = submitter;
    this.operations = operations;
    operations.register(this);
  }

  /** An operation was submitted. */
  void start(O operation) {
    operations.take(operation, this);
    submitter.request(this, operation);
  }

  /** Adds the request; there is room for it, and for its memory. */
  abstract void begin(O operation);

  abstract void complete(O operation, int result, int flags);

  @Override
  @SuppressWarnings("unchecked") // the kind in the tag says so
  final void emit(long tag) {
    Operation operation = operations.find(tag);
    if (operation != null && operation.phase == Operation.Phase.DEFERRED) {
      operation.phase = Operation.Phase.IN_FLIGHT;
      begin((O) operation);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // the kind in the tag says so
  final boolean complete(long tag, int result, int flags) {
    Operation operation = operations.find(tag);
    if (operation == null) {
      drop(result, flags);
    } else {
      complete((O) operation, result, flags);
    }
    return true;
  }

  /** A shot ended: goes on, unless the operation is to end. */
  final void again(O operation) {
    if (operation.state == Operation.State.CANCELLING) {
      operations.finish(operation, Errno.ECANCELED.negated());
    } else {
      submitter.request(this, operation);
    }
  }
}
