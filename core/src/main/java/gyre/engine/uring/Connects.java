package gyre.engine.uring;

import gyre.engine.Connect;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;

/** Connects. */
final class Connects extends Requests<Connect> {
  private final KernelSockets sockets;

  Connects(Submitter submitter, OperationTable operations, KernelSockets sockets) {
    super(submitter, operations);
    this.sockets = sockets;
  }

  @Override
  int memoryBytes() {
    return RawAddress.CAPACITY_BYTES;
  }

  @Override
  void begin(Connect connect) {
    SocketAddress target = connect.target;
    if (target == null) {
      operations.end(connect, Errno.EINVAL.negated());
      return;
    }
    long address = submitter.memory(RawAddress.CAPACITY_BYTES);
    int length = sockets.encode(connect.descriptor, target, address);
    if (length < 0) {
      submitter.dropMemory();
      operations.end(connect, length);
      return;
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_CONNECT, 0, 0, connect.descriptor),
            length,
            address,
            0,
            connect.tag);
  }

  @Override
  void complete(Connect connect, int result, int flags) {
    operations.finish(connect, result);
  }
}
