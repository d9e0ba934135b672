package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.LinuxSockets;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;

/** Sends datagrams. */
final class DatagramSends extends Requests<SendTo> {
  private static final long FLAGS = (long) LinuxSockets.MSG_NOSIGNAL << 32;

  private final KernelSockets sockets;
  private final Vector vector;

  DatagramSends(
      Submitter submitter, OperationTable operations, KernelSockets sockets, Vector vector) {
    super(submitter, operations);
    this.sockets = sockets;
    this.vector = vector;
  }

  @Override
  int memoryBytes() {
    return Submitter.MAX_MESSAGE_BYTES;
  }

  @Override
  void start(SendTo send) {
    send.engineBits = 0;
    super.start(send);
  }

  @Override
  void begin(SendTo send) {
    vector.clear();
    int count = send.gather(vector);
    assert count == vector.count();
    SocketAddress target = send.target;
    int reserved = target == null ? 0 : RawAddress.CAPACITY_BYTES;
    long message = submitter.message(vector, reserved);
    if (target != null) {
      long entries = message + LinuxSockets.MESSAGE_BYTES;
      long name = entries + (long) vector.count() * Vector.ENTRY_BYTES;
      int length = sockets.encode(send.descriptor, target, name);
      if (length < 0) {
        submitter.dropMemory();
        operations.end(send, length);
        return;
      }
      LinuxSockets.putMessage(message, name, length, entries, count);
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_SENDMSG, 0, send.engineBits, send.descriptor),
            0,
            message,
            1 | FLAGS,
            send.tag);
  }

  @Override
  void complete(SendTo send, int result, int flags) {
    if (result == Errno.EAGAIN.negated() || result == Errno.EINTR.negated()) {
      send.engineBits = Uring.RECVSEND_POLL_FIRST;
      again(send);
    } else {
      operations.finish(send, result);
    }
  }
}
