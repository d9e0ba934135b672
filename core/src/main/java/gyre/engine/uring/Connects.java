package gyre.engine.uring;

import gyre.engine.Connect;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;

/** Connects. */
final class Connects {
  private final Submitter submitter;
  private final SlotTable slots;
  private final KernelSockets sockets;

  Connects(Submitter submitter, SlotTable slots, KernelSockets sockets) {
    this.submitter = submitter;
    this.slots = slots;
    this.sockets = sockets;
  }

  void start(Connect connect) {
    Slot slot = slots.take(connect, Kind.CONNECT);
    SocketAddress target = connect.target;
    long address = target == null ? 0 : submitter.memory(RawAddress.CAPACITY_BYTES);
    if (address == 0) {
      slots.end(slot, target == null ? Errno.EINVAL.negated() : Errno.ENOBUFS.negated());
      return;
    }
    assert target != null;
    int length = sockets.encode(connect.descriptor, target, address);
    if (length < 0) {
      slots.end(slot, length);
      return;
    }
    submitter.emit(
        SubmissionQueue.control(Uring.OP_CONNECT, 0, 0, connect.descriptor),
        length,
        address,
        0,
        slot.userData,
        0);
  }

  void complete(long userData, int result) {
    Slot slot = slots.find(userData);
    if (slot != null) {
      finish(slot, result);
    }
  }

  void finish(Slot slot, int result) {
    ((Connect) slots.free(slot)).connected(result);
  }
}
