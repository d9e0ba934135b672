package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.sys.Uring;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What receiving from streams and of datagrams share: multishot requests that take their memory
 * from a {@link BufferRing} and have to wait when it is empty.
 */
abstract class BufferedReceives<O extends Operation> extends Requests<O> {
  /** Receivers that one incremental buffer is expected to serve, when many wait for memory. */
  private static final int RECEIVERS_PER_BUFFER = 16;

  private @Nullable BufferRing buffers;
  private final EngineCounters counters;

  /**
   * Who got nothing since the last request comes first, so that one who takes all there is can't
   * keep the others waiting. Entries of operations that ended meanwhile find nobody.
   */
  private final LongFifo hungry = new LongFifo();

  private final LongFifo fed = new LongFifo();

  private final CompletionQueue completions;

  /** Somebody found no buffer since they were replenished: one shortage, however many felt it. */
  private boolean isShort;

  /**
   * The number of buffers has grown, and completions that were posted before that are still to be
   * dispatched, in as many turns as it takes: those before {@link #answeredUpTo}. They tell of the
   * same shortage again.
   */
  private boolean isAnswered;

  private int answeredUpTo;

  BufferedReceives(
      Submitter submitter,
      OperationTable operations,
      CompletionQueue completions,
      @Nullable BufferRing buffers,
      EngineCounters counters) {
    super(submitter, operations);
    this.completions = completions;
    this.buffers = buffers;
    this.counters = counters;
  }

  final BufferRing buffers() {
    BufferRing present = buffers;
    assert present != null : "there are no buffers yet";
    return present;
  }

  final boolean hasBufferRing() {
    return buffers != null;
  }

  final void useBuffers(BufferRing registered) {
    assert buffers == null;
    buffers = registered;
  }

  /** A completion without data. */
  final void completeEmpty(O operation, int result) {
    if (result == Errno.ENOBUFS.negated() && operation.state == Operation.State.ACTIVE) {
      counters.starvations++;
      operation.phase = Operation.Phase.STARVING;
      (operation.value == 0 ? hungry : fed).add(operation.tag);
      isShort |= !isAnswered;
    } else if (result == Errno.ENOBUFS.negated()
        || result == Errno.EINTR.negated()
        || result == Errno.EAGAIN.negated()) {
      again(operation);
    } else {
      operations.finish(operation, result);
    }
  }

  /**
   * Gives free buffers to the kernel, and to those who wait for them a new request.
   *
   * @return whether somebody still waits although there is memory
   */
  final boolean replenish() {
    if (isAnswered && completions.head() - answeredUpTo >= 0) {
      isAnswered = false;
    }
    if (isShort) {
      isShort = false;
      isAnswered = true;
      answeredUpTo = completions.tail();
      boolean ignored = buffers().grow();
    }
    buffers().replenish();
    return isStarving() && feed();
  }

  /**
   * Hands those who starve to another way of receiving, if there is no memory for buffers.
   *
   * @return whether it did
   */
  final boolean giveUp(Consumer<O> other) {
    if (!isStarving() || buffers().available() > 0 || !buffers().isHeldBack()) {
      return false;
    }
    buffers().fallShort();
    giveUp(hungry, other);
    giveUp(fed, other);
    return true;
  }

  private void giveUp(LongFifo starving, Consumer<O> other) {
    while (!starving.isEmpty()) {
      O operation = pollStarving(starving);
      if (operation != null) {
        other.accept(operation);
      }
    }
  }

  @SuppressWarnings("unchecked") // nobody else is in these queues
  private @Nullable O pollStarving(LongFifo starving) {
    Operation operation = operations.find(starving.poll());
    boolean isStarving = operation != null && operation.phase == Operation.Phase.STARVING;
    return isStarving ? (O) operation : null;
  }

  private boolean feed() {
    int receiversPerBuffer = buffers().isIncremental() ? RECEIVERS_PER_BUFFER : 1;
    int places = feed(hungry, buffers().available() * receiversPerBuffer);
    places = feed(fed, places);
    return places == 0 && buffers().available() > 0;
  }

  private int feed(LongFifo starving, int places) {
    int left = places;
    while (left > 0 && !starving.isEmpty()) {
      O operation = pollStarving(starving);
      if (operation != null) {
        operation.value = 0;
        submitter.request(this, operation);
        left--;
      }
    }
    return left;
  }

  final boolean isStarving() {
    return !hungry.isEmpty() || !fed.isEmpty();
  }

  /** A completion whose operation is gone: its buffer must not be lost. */
  @Override
  final void drop(int result, int flags) {
    if ((flags & Uring.CQE_BUFFER) != 0) {
      buffers().take(flags, Math.max(0, result)).release();
    }
  }
}
