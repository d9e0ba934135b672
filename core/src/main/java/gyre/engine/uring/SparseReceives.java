package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.Receive;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.CallState;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.Uring;
import org.jspecify.annotations.Nullable;

/**
 * Receives from streams on which little happens: a multishot poll tells of data, and an ordinary
 * {@code recv} fetches it.
 *
 * <p>For tiny messages on very many descriptors that is cheaper than receiving in the kernel. It is
 * also how a receive gets no more than it may have, while memory is scarce. The poll tells of
 * changes only, so a stream is read until it has no more, or noted as ready and read on in the next
 * turn: nobody starves the others. All streams share one block, which is filled bit by bit and
 * begun anew as soon as nobody holds a slice of it.
 */
final class SparseReceives extends Requests<Receive> {
  private static final int POLLIN = 1;
  private static final int POLLPRI = 2;
  private static final int POLLRDHUP = 0x2000;

  /**
   * After these a short read says nothing: no further event comes, or there is urgent data, at
   * whose mark a read stops. So the stream is read until nothing is left.
   */
  private static final int LASTING_EVENTS = POLLRDHUP | Poll.HANG_UP | Poll.ERROR | POLLPRI;

  /** Less space than this is not worth a call. */
  private static final int MIN_SPACE_BYTES = 2048;

  /** In place of the result of an ending poll: the operation goes on with the ring's buffers. */
  private static final int BACK_TO_THE_RING = Integer.MIN_VALUE;

  private final Cancels cancels;
  private final CallState calls;
  private final EngineCounters counters;
  private final BlockPool pool;
  private final KernelSockets sockets;

  /** Where the call that tells of descriptors has its arguments. */
  private final long message;

  /** The last read stopped behind a message that brought descriptors. */
  private boolean stoppedAtBoundary;

  /** Receives into the ring's buffers, for those that have memory again. */
  private final StreamReceives ring;

  private @Nullable Block block;
  private int used;

  /** Streams to read on. */
  private final LongFifo ready = new LongFifo();

  /** Streams that are ready, but there is no memory. */
  private final LongFifo starving = new LongFifo();

  SparseReceives(
      Submitter submitter,
      OperationTable operations,
      Cancels cancels,
      CallState calls,
      EngineCounters counters,
      BlockPool pool,
      KernelSockets sockets,
      long message,
      StreamReceives ring) {
    super(submitter, operations);
    this.cancels = cancels;
    this.calls = calls;
    this.counters = counters;
    this.pool = pool;
    this.sockets = sockets;
    this.message = message;
    this.ring = ring;
  }

  /**
   * Takes over a receive that found no buffer, because there is no memory for many: this way it
   * gets as much as it may have, and that is always a little.
   */
  void adopt(Receive receive) {
    operations.setKind(receive, this);
    receive.value = 0;
    submitter.request(this, receive);
  }

  @Override
  void begin(Receive receive) {
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, receive.descriptor),
            0,
            0,
            Uring.POLL_ADD_MULTI | (long) (POLLIN | POLLPRI | POLLRDHUP) << 32,
            receive.tag);
  }

  @Override
  void complete(Receive receive, int result, int flags) {
    boolean isArmed = (flags & Uring.CQE_MORE) != 0;
    if (receive.phase == Operation.Phase.ENDING) {
      if (!isArmed) {
        pollEnded(receive);
      }
      return;
    }
    if (result < 0) {
      operations.finish(receive, result);
      return;
    }
    receive.value |= result & LASTING_EVENTS;
    long tag = receive.tag;
    try {
      if (receive.state != Operation.State.CANCELLING) {
        read(receive, isArmed);
      }
    } finally {
      if (!isArmed && operations.find(tag) != null) {
        again(receive);
      }
    }
  }

  private void pollEnded(Receive receive) {
    if (receive.value != BACK_TO_THE_RING) {
      operations.finish(receive, receive.value);
    } else if (receive.state == Operation.State.CANCELLING) {
      operations.finish(receive, Errno.ECANCELED.negated());
    } else {
      ring.adopt(receive);
    }
  }

  /** Streams were left over, or memory is there for those that waited for it. */
  boolean hasReady() {
    if (!starving.isEmpty() && hasSpace()) {
      while (!starving.isEmpty()) {
        ready.add(starving.poll());
      }
    }
    return !ready.isEmpty();
  }

  boolean isStarving() {
    return !starving.isEmpty();
  }

  /** Reads on; the number of streams that were read from. */
  int readOn(int budget) {
    int rounds = Math.min(budget, ready.size());
    for (int round = 0; round < rounds; round++) {
      Operation operation = operations.find(ready.poll());
      if (operation instanceof Receive receive
          && receive.phase == Operation.Phase.IN_FLIGHT
          && receive.state == Operation.State.ACTIVE) {
        read(receive, true);
      }
    }
    return rounds;
  }

  /** Reads once. */
  private void read(Receive receive, boolean isArmed) {
    if (!hasSpace()) {
      counters.starvations++;
      starving.add(receive.tag);
      return;
    }
    int allowance = receive.allowance();
    if (allowance <= 0) {
      assert receive.state == Operation.State.CANCELLING
          : "nothing is wanted, and nothing cancelled";
      return;
    }
    if (allowance == Integer.MAX_VALUE && !receive.sparse && isArmed && ring.hasBuffers()) {
      receive.phase = Operation.Phase.ENDING;
      receive.value = BACK_TO_THE_RING;
      cancels.cancel(receive);
      return;
    }
    Block into = block();
    int space = Math.min(into.capacity - used, allowance);
    int count = receive(receive.descriptor, into.address + used, space);
    if (count > 0) {
      int offset = used;
      used += count;
      if (count == space || receive.value != 0 || stoppedAtBoundary) {
        ready.add(receive.tag);
      }
      into.retain();
      receive.received(into, offset, count);
      return;
    }
    if (count == Errno.EAGAIN.negated()) {
      return;
    }
    if (count == Errno.EINTR.negated()) {
      ready.add(receive.tag);
      return;
    }
    int result = endResult(receive, count);
    if (isArmed) {
      receive.phase = Operation.Phase.ENDING;
      receive.value = result;
      cancels.cancel(receive);
    } else {
      operations.finish(receive, result);
    }
  }

  /**
   * The kernel tells an error to one call alone. Where that is a send, whose completion may come
   * behind the event of the poll, what is read here looks like an orderly end, and is none.
   */
  private static int endResult(Receive receive, int count) {
    boolean isBroken = (receive.value & Poll.ERROR) != 0;
    return count == 0 && isBroken ? Errno.ECONNRESET.negated() : count;
  }

  /** A plain receive, or for Unix sockets the one that tells of descriptors, which are dropped. */
  private int receive(int descriptor, long address, int space) {
    counters.calls++;
    stoppedAtBoundary = false;
    if (!sockets.keepsMessagesApart(descriptor)) {
      return LinuxSockets.recv(calls, descriptor, address, space, LinuxSockets.MSG_DONTWAIT);
    }
    long vector = message + LinuxSockets.MESSAGE_BYTES;
    Memory.putLong(vector, address);
    Memory.putLong(vector + 8, space);
    LinuxSockets.putMessage(message, 0, 0, vector, 1);
    int count = LinuxSockets.recvmsg(calls, descriptor, message, LinuxSockets.MSG_DONTWAIT);
    stoppedAtBoundary =
        count > 0 && (LinuxSockets.messageFlags(message) & LinuxSockets.MSG_CTRUNC) != 0;
    return count;
  }

  private Block block() {
    Block present = block;
    assert present != null;
    return present;
  }

  private boolean hasSpace() {
    Block present = block;
    if (present != null) {
      if (present.references() == 1) {
        used = 0;
      }
      if (present.capacity - used >= Math.min(MIN_SPACE_BYTES, present.capacity)) {
        return true;
      }
      present.release();
    }
    Block next = pool.takeTransit();
    block = next;
    used = 0;
    if (next == null) {
      return false;
    }
    next.filled = Block.NOT_FILLABLE;
    return true;
  }

  /** Gives the block back. */
  void close() {
    Block present = block;
    block = null;
    if (present != null) {
      present.release();
    }
  }
}
