package gyre.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which of those that hold memory stand still: who may be reset while others wait. */
final class Standstill {
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A stream that got on as slowly as this stands not still. */
  private static final int LEAST_BYTES_PER_SECOND = 16 * 1024;

  /** A quarter to an eighth, in logarithms to the base of two. */
  private static final int FAR_LESS = 2;

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

  /**
   * Those that need more to get on, and have not for so long, whatever kept them. Not those that
   * hold far less than another one: that one's patience is longer, but it is why they all wait. It
   * may get on after all, slowly, and so protects them only for as long as it could stand still.
   *
   * @param since the first who waits does so
   */
  Deque<Holder> unfinished(@Nullable Holder spared, long since, long now) {
    Deque<Holder> all = sorted(holder -> holder != spared && isUnfinished(holder));
    Holder largest = all.peekFirst();
    if (largest != null) {
      boolean isAwaited = now - since <= 2 * patience(largest);
      int least = isAwaited ? largest.holding().sizeClass - FAR_LESS : 0;
      all.removeIf(holder ->
          holder.holding().sizeClass < least
              || now - holder.holding().markNanos <= patience(holder));
    }
    return all;
  }

  private static boolean isUnfinished(Holder holder) {
    return holder.wanted() > holder.inputSize() || holder.awaitsRoom();
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
