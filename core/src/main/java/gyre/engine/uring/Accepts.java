package gyre.engine.uring;

import gyre.engine.Accept;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.LinuxSockets;
import gyre.sys.Uring;

/** Accepts connections, one multishot request per listener. */
final class Accepts extends Requests<Accept> {
  private static final long CONNECTION_FLAGS =
      (long) (LinuxSockets.SOCK_NONBLOCK | LinuxSockets.SOCK_CLOEXEC) << 32;

  private final KernelSockets sockets;

  Accepts(Submitter submitter, OperationTable operations, KernelSockets sockets) {
    super(submitter, operations);
    this.sockets = sockets;
  }

  @Override
  void begin(Accept accept) {
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_ACCEPT, 0, Uring.ACCEPT_MULTISHOT, accept.descriptor),
            0,
            0,
            CONNECTION_FLAGS,
            accept.tag);
  }

  @Override
  void complete(Accept accept, int result, int flags) {
    try {
      if (result >= 0) {
        sockets.inherit(accept.descriptor, result);
        accept.accepted(result);
      }
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        goOn(accept, result);
      }
    }
  }

  /** A shot ended. */
  private void goOn(Accept accept, int result) {
    boolean isPassing =
        Errno.isOfOneConnection(result)
            || result == Errno.EINTR.negated()
            || result == Errno.EAGAIN.negated();
    if (result < 0 && !isPassing) {
      operations.finish(accept, result);
    } else {
      again(accept);
    }
  }

  /** A connection that nobody wants any more. */
  @Override
  void drop(int result, int flags) {
    if (result >= 0) {
      sockets.close(result);
    }
  }
}
