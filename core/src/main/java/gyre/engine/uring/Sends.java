package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Send;
import gyre.engine.Vector;
import gyre.sys.LinuxSockets;
import gyre.sys.Uring;

/**
 * Sends on streams.
 *
 * <p>A send that nobody waits for is <em>quiet</em>: it must not block ({@code DONTWAIT}), so the
 * kernel executes it while it takes the entry; it posts a completion only if it took less than
 * everything ({@code WAITALL}, {@code CQE_SKIP_SUCCESS}). Once the entry is taken and all
 * completions of that moment are seen, no completion means that all bytes were sent. That saves a
 * completion per send and, since a completion would end the wait at once, a system call per turn. A
 * quiet send that finds no space ends with {@code EAGAIN}, so that its owner can move the bytes to
 * memory that nobody else needs; submitted again, it is an ordinary one, which waits in the kernel.
 */
final class Sends {
  private static final int MSG_WAITALL = 0x100;
  private static final long ORDINARY = (long) LinuxSockets.MSG_NOSIGNAL << 32;
  private static final long QUIET =
      (long) (LinuxSockets.MSG_NOSIGNAL | LinuxSockets.MSG_DONTWAIT | MSG_WAITALL) << 32;

  /** In {@code engineBits}: this peer was slow lately, so don't try without waiting. */
  private static final int CONGESTED = 1;

  private final Submitter submitter;
  private final SubmissionQueue queue;
  private final SlotTable slots;
  private final Deferred deferred;
  private final Vector vector;
  private final boolean canBeQuiet;

  /** Quiet sends in the order of their entries. */
  private final LongFifo quiet = new LongFifo();

  /** Quiet sends whose entries stand before this are decided. */
  private int decided;

  Sends(Ring ring, Submitter submitter, SlotTable slots, Deferred deferred, Vector vector) {
    this.submitter = submitter;
    this.queue = ring.submissions;
    this.slots = slots;
    this.deferred = deferred;
    this.vector = vector;
    this.canBeQuiet = ring.has(Feature.QUIET_SENDS);
  }

  void start(Send send) {
    Slot slot = slots.take(send, Kind.SEND);
    if (deferred.isQueueing()) {
      deferred.add(slot);
    } else {
      begin(slot);
    }
  }

  /** There is room for the request. */
  void begin(Slot slot) {
    Send send = (Send) slot.operation();
    gather(slot, send);
    if (canBeQuiet && !isAwaited(send)) {
      emitQuiet(slot, send);
    } else {
      emitOrdinary(slot, send, 0);
    }
  }

  /** Behind a gather that is full there may be more to send, which waits for the end of this. */
  private boolean isAwaited(Send send) {
    return send.awaited || vector.isFull() || (send.engineBits & CONGESTED) != 0;
  }

  private void emitQuiet(Slot slot, Send send) {
    slots.setKind(slot, Kind.QUIET_SEND);
    slot.phase = Slot.Phase.QUIET;
    quiet.add(slot.userData);
    slot.sequence =
        emit(slot, send, Uring.OP_SEND, Uring.OP_SENDMSG, Uring.SQE_CQE_SKIP_SUCCESS, 0, QUIET);
  }

  private void repeat(Slot slot, Send send, int priority) {
    if (deferred.isQueueing()) {
      deferred.add(slot);
    } else {
      gather(slot, send);
      emitOrdinary(slot, send, priority);
    }
  }

  private void emitOrdinary(Slot slot, Send send, int priority) {
    slots.setKind(slot, Kind.SEND);
    slot.phase = Slot.Phase.IN_FLIGHT;
    int ignored = emit(slot, send, Uring.OP_SEND, Uring.OP_SENDMSG, 0, priority, ORDINARY);
  }

  private void gather(Slot slot, Send send) {
    vector.clear();
    int count = send.gather(vector);
    assert count == vector.count() && count > 0;
    assert vector.bytes() <= Integer.MAX_VALUE;
    slot.value = (int) vector.bytes();
  }

  /** Queues the one request for what was gathered, for which there is room; its sequence number. */
  private int emit(
      Slot slot, Send send, int single, int several, int flags, int priority, long messageFlags) {
    if (vector.count() == 1) {
      return submitter.emitNow(
          SubmissionQueue.control(single, flags, priority, send.descriptor),
          0,
          vector.base(0),
          vector.length(0) | messageFlags,
          slot.userData);
    }
    return submitter.emitNow(
        SubmissionQueue.control(several, flags, priority, send.descriptor),
        0,
        submitter.message(vector),
        1 | messageFlags,
        slot.userData);
  }

  /** All that is active is over with the next call, so that nothing would end a wait. */
  boolean isNothingElseActive() {
    return !quiet.isEmpty() && quiet.size() >= slots.active();
  }

  boolean hasQuiet() {
    return !quiet.isEmpty();
  }

  /** Looks through new completions for quiet sends that did not do what was hoped. */
  void findFailures(CompletionQueue completions, int from, int to) {
    for (int sequence = from; sequence != to; sequence++) {
      long userData = completions.userData(sequence);
      if (SlotTable.kind(userData) == Kind.QUIET_SEND) {
        Slot slot = slots.find(userData);
        if (slot != null) {
          slot.phase = Slot.Phase.IN_FLIGHT;
        }
      }
    }
  }

  /** All completions of what the kernel has taken so far are seen. */
  void decide() {
    decided = queue.head();
  }

  /** Tells up to {@code budget} quiet sends that they are done. */
  int conclude(int budget) {
    int told = 0;
    while (told < budget && !quiet.isEmpty()) {
      Slot slot = slots.find(quiet.peek());
      if (slot != null && slot.phase == Slot.Phase.QUIET) {
        if (slot.sequence - decided >= 0) {
          break;
        }
        quiet.poll();
        finish(slot, slot.value);
        told++;
      } else {
        quiet.poll();
      }
    }
    return told;
  }

  /** A quiet send took less than everything. */
  void completeQuiet(long userData, int result) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      return;
    }
    Send send = (Send) slot.operation();
    if (result >= 0 || result == Errno.EAGAIN.negated()) {
      send.engineBits |= CONGESTED;
    }
    if (result < 0 && send.state == Operation.State.CANCELLING) {
      finish(slot, Errno.ECANCELED.negated());
    } else {
      finish(slot, result);
    }
  }

  void complete(long userData, int result) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      return;
    }
    Send send = (Send) slot.operation();
    if (result == Errno.EAGAIN.negated() || result == Errno.EINTR.negated()) {
      if (send.state == Operation.State.CANCELLING) {
        finish(slot, Errno.ECANCELED.negated());
      } else {
        repeat(slot, send, Uring.RECVSEND_POLL_FIRST);
      }
      return;
    }
    if (result == slot.value) {
      send.engineBits &= ~CONGESTED;
    }
    finish(slot, result);
  }

  void finish(Slot slot, int result) {
    Send send = (Send) slots.free(slot);
    send.sent(result);
  }
}
