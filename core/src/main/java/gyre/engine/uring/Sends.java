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
final class Sends extends Requests<Send> {
  private static final int MSG_WAITALL = 0x100;
  private static final long ORDINARY = (long) LinuxSockets.MSG_NOSIGNAL << 32;
  private static final long QUIET =
      (long) (LinuxSockets.MSG_NOSIGNAL | LinuxSockets.MSG_DONTWAIT | MSG_WAITALL) << 32;

  /** In {@code engineBits}: this peer was slow lately, so don't try without waiting. */
  private static final int CONGESTED = 1;

  /** In {@code engineBits}: there was no space just now, so wait for some before trying again. */
  private static final int REPEATED = 2;

  private final SubmissionQueue queue;
  private final Vector vector;
  private final boolean canBeQuiet;
  private final QuietSends quietSends;

  /** Quiet sends in the order of their entries. */
  private final LongFifo quiet = new LongFifo();

  /** Quiet sends whose entries stand before this are decided. */
  private int decided;

  Sends(Ring ring, Submitter submitter, OperationTable operations, Vector vector) {
    super(submitter, operations);
    this.queue = ring.submissions;
    this.vector = vector;
    this.canBeQuiet = ring.has(Feature.QUIET_SENDS);
    this.quietSends = new QuietSends();
  }

  @Override
  int memoryBytes() {
    return Submitter.MAX_MESSAGE_BYTES;
  }

  @Override
  void begin(Send send) {
    vector.clear();
    int count = send.gather(vector);
    assert count == vector.count() && count > 0;
    assert vector.bytes() <= Integer.MAX_VALUE;
    send.value = (int) vector.bytes();
    if (canBeQuiet && !isAwaited(send)) {
      operations.setKind(send, quietSends);
      send.phase = Operation.Phase.QUIET;
      quiet.add(send.tag);
      send.sequence = emit(send, Uring.SQE_CQE_SKIP_SUCCESS, 0, QUIET);
    } else {
      int priority = (send.engineBits & REPEATED) != 0 ? Uring.RECVSEND_POLL_FIRST : 0;
      send.engineBits &= ~REPEATED;
      operations.setKind(send, this);
      send.sequence = emit(send, 0, priority, ORDINARY);
    }
  }

  /** Behind a gather that is full there may be more to send, which waits for the end of this. */
  private boolean isAwaited(Send send) {
    return send.awaited || vector.isFull() || (send.engineBits & (CONGESTED | REPEATED)) != 0;
  }

  /** The one request for what was gathered, for which there is room; its sequence number. */
  private int emit(Send send, int flags, int priority, long messageFlags) {
    if (vector.count() == 1) {
      return submitter.emit(
          SubmissionQueue.control(Uring.OP_SEND, flags, priority, send.descriptor),
          0,
          vector.base(0),
          vector.length(0) | messageFlags,
          send.tag);
    }
    return submitter.emit(
        SubmissionQueue.control(Uring.OP_SENDMSG, flags, priority, send.descriptor),
        0,
        submitter.message(vector),
        1 | messageFlags,
        send.tag);
  }

  /** All that is active is over with the next call, so that nothing would end a wait. */
  boolean isNothingElseActive() {
    return !quiet.isEmpty() && quiet.size() >= operations.active();
  }

  boolean hasQuiet() {
    return !quiet.isEmpty();
  }

  /** Looks through new completions for quiet sends that did not do what was hoped. */
  void findFailures(CompletionQueue completions, int from, int to) {
    for (int sequence = from; sequence != to; sequence++) {
      long tag = completions.userData(sequence);
      if (operations.kindOf(tag) == quietSends) {
        Operation send = operations.find(tag);
        if (send != null) {
          send.phase = Operation.Phase.IN_FLIGHT;
        }
      }
    }
  }

  /** All completions of what the kernel has taken so far are seen. */
  void decideTaken() {
    decided = queue.head();
  }

  /** Tells up to {@code budget} quiet sends that they are done. */
  int completeDecided(int budget) {
    int told = 0;
    while (told < budget && !quiet.isEmpty()) {
      Operation send = operations.find(quiet.peek());
      if (send != null && send.phase == Operation.Phase.QUIET) {
        if (send.sequence - decided >= 0) {
          break;
        }
        quiet.poll();
        operations.finish(send, send.value);
        told++;
      } else {
        quiet.poll();
      }
    }
    return told;
  }

  @Override
  void complete(Send send, int result, int flags) {
    if (result == Errno.EAGAIN.negated() || result == Errno.EINTR.negated()) {
      send.engineBits |= REPEATED;
      again(send);
      return;
    }
    if (result == send.value) {
      send.engineBits &= ~CONGESTED;
    }
    operations.finish(send, result);
  }

  /** Completions of quiet sends, which took less than everything. */
  private final class QuietSends extends Requests<Send> {
    QuietSends() {
      super(Sends.this.submitter, Sends.this.operations);
    }

    @Override
    void begin(Send send) {
      throw new AssertionError("a quiet send is begun as any other");
    }

    @Override
    void complete(Send send, int result, int flags) {
      if (result >= 0 || result == Errno.EAGAIN.negated()) {
        send.engineBits |= CONGESTED;
      }
      boolean isCancelled = result < 0 && send.state == Operation.State.CANCELLING;
      operations.finish(send, isCancelled ? Errno.ECANCELED.negated() : result);
    }
  }
}
