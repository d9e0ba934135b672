package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.sys.Uring;
import java.util.function.Consumer;

/**
 * What receiving from streams and of datagrams share: multishot requests that take their memory
 * from a {@link BufferRing} and have to wait when it is empty.
 */
abstract class BufferedReceives {
  /** Receivers that one incremental buffer is expected to serve, when many wait for memory. */
  private static final int RECEIVERS_PER_BUFFER = 16;

  final SlotTable slots;
  final BufferRing buffers;
  private final EngineCounters counters;
  private final int receiversPerBuffer;

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
      CompletionQueue completions, SlotTable slots, BufferRing buffers, EngineCounters counters) {
    this.completions = completions;
    this.slots = slots;
    this.buffers = buffers;
    this.counters = counters;
    this.receiversPerBuffer = buffers.isIncremental() ? RECEIVERS_PER_BUFFER : 1;
  }

  /** Asks the kernel to receive. */
  abstract void arm(Slot slot);

  /** The operation is over. */
  abstract void finish(Slot slot, int result);

  /** A shot ended: go on, unless that was wanted. */
  final void rearm(Slot slot) {
    if (slot.operation().state == Operation.State.CANCELLING) {
      finish(slot, Errno.ECANCELED.negated());
    } else {
      arm(slot);
    }
  }

  /** A completion without data. */
  final void completeEmpty(Slot slot, int result) {
    if (result == Errno.ENOBUFS.negated() && slot.operation().state == Operation.State.ACTIVE) {
      counters.starvations++;
      slot.phase = Slot.Phase.STARVING;
      (slot.value == 0 ? hungry : fed).add(slot.userData);
      isShort |= !isAnswered;
    } else if (result == Errno.ENOBUFS.negated()
        || result == Errno.EINTR.negated()
        || result == Errno.EAGAIN.negated()) {
      rearm(slot);
    } else {
      finish(slot, result);
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
      boolean ignored = buffers.grow();
    }
    buffers.replenish();
    return isStarving() && feed();
  }

  /**
   * Hands those who starve to another way of receiving, if there is no memory for buffers.
   *
   * @return whether it did
   */
  final boolean giveUp(Consumer<Slot> other) {
    if (!isStarving() || buffers.available() > 0 || !buffers.isHeldBack()) {
      return false;
    }
    buffers.fallShort();
    giveUp(hungry, other);
    giveUp(fed, other);
    return true;
  }

  private void giveUp(LongFifo starving, Consumer<Slot> other) {
    while (!starving.isEmpty()) {
      Slot slot = slots.find(starving.poll());
      if (slot != null && slot.phase == Slot.Phase.STARVING) {
        other.accept(slot);
      }
    }
  }

  private boolean feed() {
    int places = feed(hungry, buffers.available() * receiversPerBuffer);
    places = feed(fed, places);
    return places == 0 && buffers.available() > 0;
  }

  private int feed(LongFifo starving, int places) {
    int left = places;
    while (left > 0 && !starving.isEmpty()) {
      Slot slot = slots.find(starving.poll());
      if (slot != null && slot.phase == Slot.Phase.STARVING) {
        slot.phase = Slot.Phase.IN_FLIGHT;
        slot.value = 0;
        arm(slot);
        left--;
      }
    }
    return left;
  }

  final boolean isStarving() {
    return !hungry.isEmpty() || !fed.isEmpty();
  }

  /** A completion whose operation is gone: its buffer must not be lost. */
  final void drop(int result, int flags) {
    if ((flags & Uring.CQE_BUFFER) != 0) {
      buffers.take(flags, Math.max(0, result)).release();
    }
  }
}
