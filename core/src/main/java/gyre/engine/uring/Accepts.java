package gyre.engine.uring;

import gyre.engine.Accept;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.LinuxSockets;
import gyre.sys.Uring;

/** Accepts connections, one multishot request per listener. */
final class Accepts {
  private static final long CONNECTION_FLAGS =
      (long) (LinuxSockets.SOCK_NONBLOCK | LinuxSockets.SOCK_CLOEXEC) << 32;

  private final Submitter submitter;
  private final SlotTable slots;
  private final KernelSockets sockets;

  Accepts(Submitter submitter, SlotTable slots, KernelSockets sockets) {
    this.submitter = submitter;
    this.slots = slots;
    this.sockets = sockets;
  }

  void start(Accept accept) {
    arm(slots.take(accept, Kind.ACCEPT));
  }

  private void arm(Slot slot) {
    submitter.emit(
        SubmissionQueue.control(
            Uring.OP_ACCEPT, 0, Uring.ACCEPT_MULTISHOT, slot.operation().descriptor),
        0,
        0,
        CONNECTION_FLAGS,
        slot.userData,
        0);
  }

  void complete(long userData, int result, int flags) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      drop(result);
      return;
    }
    try {
      if (result >= 0) {
        sockets.inherit(slot.operation().descriptor, result);
        ((Accept) slot.operation()).accepted(result);
      }
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        goOn(slot, result);
      }
    }
  }

  /** A shot ended. */
  private void goOn(Slot slot, int result) {
    if (result < 0 && !isPassing(result)) {
      finish(slot, result);
    } else if (slot.operation().state == Operation.State.CANCELLING) {
      finish(slot, Errno.ECANCELED.negated());
    } else {
      arm(slot);
    }
  }

  /** Trouble of one connection that is gone again, not of the listener. */
  private static boolean isPassing(int result) {
    return result == Errno.ECONNABORTED.negated()
        || result == Errno.EPROTO.negated()
        || result == Errno.EINTR.negated()
        || result == Errno.EAGAIN.negated();
  }

  /** A connection that nobody wants any more. */
  void drop(int result) {
    if (result >= 0) {
      sockets.close(result);
    }
  }

  void finish(Slot slot, int result) {
    ((Accept) slots.free(slot)).stopped(result);
  }
}
