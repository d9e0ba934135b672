package gyre.engine.uring;

import gyre.engine.Connect;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;
import java.util.Objects;

/** Connects. */
final class Connects {
  private final Submitter submitter;
  private final SlotTable slots;
  private final Deferred deferred;
  private final KernelSockets sockets;

  Connects(Submitter submitter, SlotTable slots, Deferred deferred, KernelSockets sockets) {
    this.submitter = submitter;
    this.slots = slots;
    this.deferred = deferred;
    this.sockets = sockets;
  }

  void start(Connect connect) {
    Slot slot = slots.take(connect, Kind.CONNECT);
    if (connect.target == null) {
      slots.end(slot, Errno.EINVAL.negated());
    } else if (deferred.isQueueing()) {
      deferred.add(slot);
    } else {
      begin(slot);
    }
  }

  /** There is room for the request. */
  void begin(Slot slot) {
    Connect connect = (Connect) slot.operation();
    SocketAddress target = Objects.requireNonNull(connect.target);
    long address = submitter.memory(RawAddress.CAPACITY_BYTES);
    int length = sockets.encode(connect.descriptor, target, address);
    if (length < 0) {
      submitter.dropMemory();
      slots.end(slot, length);
      return;
    }
    int ignored =
        submitter.emitNow(
            SubmissionQueue.control(Uring.OP_CONNECT, 0, 0, connect.descriptor),
            length,
            address,
            0,
            slot.userData);
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
