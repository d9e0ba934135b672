package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.LinuxSockets;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;

/** Sends datagrams. */
final class DatagramSends {
  private static final long FLAGS = (long) LinuxSockets.MSG_NOSIGNAL << 32;

  private final Submitter submitter;
  private final SlotTable slots;
  private final Deferred deferred;
  private final KernelSockets sockets;
  private final Vector vector;

  DatagramSends(
      Submitter submitter,
      SlotTable slots,
      Deferred deferred,
      KernelSockets sockets,
      Vector vector) {
    this.submitter = submitter;
    this.slots = slots;
    this.deferred = deferred;
    this.sockets = sockets;
    this.vector = vector;
  }

  void start(SendTo send) {
    start(slots.take(send, Kind.SEND_TO), 0);
  }

  private void start(Slot slot, int priority) {
    if (deferred.isQueueing()) {
      deferred.add(slot);
    } else {
      emit(slot, (SendTo) slot.operation(), priority);
    }
  }

  /** There is room for the request. */
  void begin(Slot slot) {
    emit(slot, (SendTo) slot.operation(), 0);
  }

  private void emit(Slot slot, SendTo send, int priority) {
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
        slots.end(slot, length);
        return;
      }
      LinuxSockets.putMessage(message, name, length, entries, count);
    }
    int ignored =
        submitter.emitNow(
            SubmissionQueue.control(Uring.OP_SENDMSG, 0, priority, send.descriptor),
            0,
            message,
            1 | FLAGS,
            slot.userData);
  }

  void complete(long userData, int result) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      return;
    }
    SendTo send = (SendTo) slot.operation();
    boolean isRetried = result == Errno.EAGAIN.negated() || result == Errno.EINTR.negated();
    if (isRetried && send.state == Operation.State.ACTIVE) {
      start(slot, Uring.RECVSEND_POLL_FIRST);
    } else {
      finish(slot, isRetried ? Errno.ECANCELED.negated() : result);
    }
  }

  void finish(Slot slot, int result) {
    ((SendTo) slots.free(slot)).sent(result);
  }
}
