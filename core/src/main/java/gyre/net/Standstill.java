package gyre.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Which of those that hold memory stand still: who may be reset while others wait. */
final class Standstill {
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A stream that got on as slowly as this stands not still. */
  private static final int LEAST_BYTES_PER_SECOND = 16 * 1024;

  private final Holders holders;

  Standstill(Holders holders) {
    this.holders = holders;
  }

  /** When the next one may be found to stand still. */
  long nextDue(long now) {
    long due = Long.MAX_VALUE;
    for (Holder holder = holders.oldest(); holder != null; holder = holder.holding().holdsNext) {
      due = Math.min(due, holder.holding().markNanos + patience(holder));
    }
    return due == Long.MAX_VALUE ? now + PATIENCE_NANOS : due;
  }

  /** Those that stand still, and not because they are kept waiting; who is to go first is first. */
  Deque<Holder> atFault(long now) {
    return sorted(holder -> isAtFault(holder, now));
  }

  /** All but one that have not got on for so long, whatever kept them. */
  Deque<Holder> others(Holder spared, long now) {
    return sorted(
        holder -> holder != spared && now - holder.holding().markNanos > patience(holder));
  }

  /** The largest first, by class; in a class who stands still for longest. */
  private Deque<Holder> sorted(Predicate<Holder> which) {
    List<Holder> all = new ArrayList<>();
    for (Holder holder = holders.oldest(); holder != null; holder = holder.holding().holdsNext) {
      if (which.test(holder)) {
        long bytes = holder.heldBytes() + holder.holding().promise;
        holder.holding().sizeClass = Long.SIZE - Long.numberOfLeadingZeros(bytes);
        all.add(holder);
      }
    }
    all.sort((a, b) ->
        a.holding().sizeClass != b.holding().sizeClass
            ? b.holding().sizeClass - a.holding().sizeClass
            : Long.compare(a.holding().markNanos - b.holding().markNanos, 0));
    return new ArrayDeque<>(all);
  }

  private static boolean isAtFault(Holder holder, long now) {
    holder.touch(now);
    long stood = now - holder.holding().markNanos;
    if (holder.hasOutput() && stood > patience(holder)) {
      return true;
    }
    if (holder.memoryState == MemoryState.WAITING) {
      stood =
          holder.holding().waitingNanos
              - holder.holding().markNanos; // the rest of the time is ours
    }
    return holder.wanted() > holder.inputSize()
        && stood > patience(holder)
        && !isKeptWaiting(holder);
  }

  /** Whether its peer has sent more, and it is want of memory that it was not received. */
  private static boolean isKeptWaiting(Holder holder) {
    return holder.memoryState == MemoryState.HOLDING && holder.isBehind();
  }

  private static long patience(Holder holder) {
    long bytes =
        Math.max(
            holder.memoryState == MemoryState.GRANTED ? holder.holding().claim : 0,
            MemoryPolicy.FLOOR_BYTES);
    bytes = Math.max(bytes, holder.heldBytes());
    return PATIENCE_NANOS + bytes * TimeUnit.SECONDS.toNanos(1) / LEAST_BYTES_PER_SECOND;
  }
}
