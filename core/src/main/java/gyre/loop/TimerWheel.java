package gyre.loop;

import gyre.probe.Distribution;
import gyre.probe.Probe;
import org.jspecify.annotations.Nullable;

/**
 * A hierarchical timer wheel: start, cancel and restart in constant time, without allocation.
 *
 * <p>Time is counted in ticks since the wheel was made. A deadline is rounded up to a tick, so that
 * nothing fires early and nothing later than one tick after its deadline. Read a tick as a number
 * of six-bit digits: an entry is filed at the level of the highest digit in which its tick differs
 * from the {@code current} one, in the slot of that digit's value. It follows, and all else rests
 * on it:
 *
 * <ul>
 *   <li>Every filed tick is later than {@code current}, so that the occupied slots of a level all
 *       lie ahead of it, and the first one is the lowest bit of the level's bitmap.
 *   <li>Everything at a lower level comes before everything at a higher one, so that the first
 *       occupied slot of the lowest occupied level comes first of all.
 *   <li>Moving {@code current} up to the first tick of that slot keeps all others filed rightly.
 *       The entries of that slot then move to lower levels or are due. Each moves down at most once
 *       per level, whatever the distance: a stall of a century costs no more than the entries it
 *       passes.
 * </ul>
 *
 * <p>A slot may hold entries whose deadline is later than the slot, never earlier. That makes
 * moving a deadline further away one write: the entry is filed anew when its old slot comes up.
 *
 * <p>Deadlines too far away to count (about 292 years) never fire. Confined to one thread.
 */
public final class TimerWheel {
  /** 2^20 ns, about 1.05 ms. */
  public static final long DEFAULT_TICK_NANOS = 1 << 20;

  /** No timer, or never. */
  public static final long NEVER = Long.MAX_VALUE;

  private static final int DIGIT_BITS = 6;
  private static final int SLOTS_PER_LEVEL = 1 << DIGIT_BITS;
  private static final long MAX_TICK_NANOS = 1L << 30;

  private final long startNanos;
  private final int tickShift;
  private final int neverSlot;

  /** One bit per slot, one word per level. */
  private final long[] occupied;

  /**
   * The first entry of every slot, level by level; behind them that of the entries that never fire.
   */
  private final @Nullable TimerNode[] slots;

  private final TimerSort sort = new TimerSort();

  /** Ordered by deadline. The time of the last advance is the latest that can be among them. */
  private @Nullable TimerNode firstDue;

  private @Nullable TimerNode lastDue;

  /** The time of the last advance, since the start. */
  private long elapsedNanos;

  private long currentTick;
  private long nextSequence;
  private int size;
  private @Nullable Probe probe;
  private boolean firing;

  /**
   * Makes an empty wheel.
   *
   * @param startNanos the clock now; times passed in later are readings of the same clock
   * @param tickNanos resolution, rounded down to a power of two; at most about a second
   */
  public TimerWheel(long startNanos, long tickNanos) {
    if (tickNanos < 1 || tickNanos > MAX_TICK_NANOS) {
      throw new IllegalArgumentException(
          "tick of " + tickNanos + " ns: must be between 1 and " + MAX_TICK_NANOS);
    }
    this.startNanos = startNanos;
    this.tickShift = 63 - Long.numberOfLeadingZeros(tickNanos);
    int levels = (63 - tickShift + DIGIT_BITS - 1) / DIGIT_BITS;
    this.occupied = new long[levels];
    this.neverSlot = levels * SLOTS_PER_LEVEL;
    this.slots = new @Nullable TimerNode[neverSlot + 1];
  }

  /** The resolution in use. */
  public long tickNanos() {
    return 1L << tickShift;
  }

  /** Number of entries that are scheduled. */
  public int size() {
    return size;
  }

  /**
   * Files an idle node to fire {@code delayNanos} after {@code nowNanos}. A node that is overdue
   * already fires in the next advance, and one started from within {@link TimerNode#fired} never in
   * the same advance.
   */
  public void start(TimerNode node, long nowNanos, long delayNanos) {
    assert node.slot == TimerNode.IDLE : "started twice";
    size++;
    node.deadlineNanos = sinceStart(nowNanos, delayNanos);
    node.sequence = nextSequence++;
    file(node);
  }

  /** Like {@link #start}, but moves the deadline if the node is scheduled already. */
  public void restart(TimerNode node, long nowNanos, long delayNanos) {
    long deadlineNanos = sinceStart(nowNanos, delayNanos);
    node.sequence = nextSequence++;
    if (node.slot >= 0 && staysInSlot(node, deadlineNanos)) {
      node.deadlineNanos = deadlineNanos;
      return;
    }
    if (node.slot == TimerNode.IDLE) {
      size++;
    } else {
      unlink(node);
    }
    node.deadlineNanos = deadlineNanos;
    file(node);
  }

  /** Makes a node idle again; false if it was so already. */
  public boolean cancel(TimerNode node) {
    if (node.slot == TimerNode.IDLE) {
      return false;
    }
    unlink(node);
    node.slot = TimerNode.IDLE;
    size--;
    return true;
  }

  /** Time left of a scheduled node, negative if it is overdue, {@link #NEVER} if it never fires. */
  public long remainingNanos(TimerNode node, long nowNanos) {
    long deadlineNanos = node.deadlineNanos;
    return deadlineNanos == NEVER ? NEVER : deadlineNanos - (nowNanos - startNanos);
  }

  /**
   * When to advance next, as a reading of the clock: never later than the next deadline's tick, but
   * maybe earlier, when there is only an entry to file anew.
   *
   * @return {@link #NEVER} if nothing will fire
   */
  public long nextDeadlineNanos() {
    if (firstDue != null) {
      return startNanos + elapsedNanos;
    }
    int slot = firstOccupied();
    return slot < 0 ? NEVER : startNanos + (firstTick(slot) << tickShift);
  }

  /** Is told how late timers are; null for nobody. */
  void probe(@Nullable Probe to) {
    probe = to;
  }

  /**
   * Fires what is due, in the order of deadlines, at most {@code budget} of them; the others are
   * due in the next advance, before all that come later. A clock that steps back stands still.
   *
   * @return how many fired
   */
  public int advance(long nowNanos, int budget) {
    assert !firing : "advance inside of a timer";
    long sequenceLimit = nextSequence;
    elapsedNanos = Math.max(elapsedNanos, nowNanos - startNanos);
    collect(elapsedNanos >>> tickShift);
    int fired = 0;
    firing = true;
    try {
      while (fired < budget) {
        TimerNode node = firstDue;
        if (node == null || node.sequence >= sequenceLimit) {
          break;
        }
        cancel(node);
        fired++;
        if (probe != null) {
          probe.record(Distribution.TIMER_LATENESS, elapsedNanos - node.deadlineNanos);
        }
        node.fired(startNanos + elapsedNanos);
      }
    } finally {
      firing = false;
    }
    return fired;
  }

  /**
   * Moves {@code currentTick} up to {@code untilTick}, and all entries of that time to the due
   * ones.
   */
  private void collect(long untilTick) {
    int slot = firstOccupied();
    while (slot >= 0) {
      long tick = firstTick(slot);
      if (tick > untilTick) {
        break;
      }
      currentTick = tick;
      empty(slot);
      slot = firstOccupied();
    }
    currentTick = untilTick;
  }

  private void empty(int slot) {
    TimerNode node = slots[slot];
    slots[slot] = null;
    occupied[slot / SLOTS_PER_LEVEL] &= ~(1L << slot);
    while (node != null) {
      TimerNode next = node.next;
      long tick = tick(node.deadlineNanos);
      assert tick >= currentTick : "filed too late";
      if (tick == currentTick) {
        sort.add(node);
      } else {
        linkAhead(node, tick);
      }
      node = next;
    }
    // Overdue when they were started, in the middle of this tick, and maybe not the first of it.
    for (node = lastDue; node != null && tick(node.deadlineNanos) == currentTick; node = lastDue) {
      unlink(node);
      sort.add(node);
    }
    for (node = sort.take(); node != null; ) {
      TimerNode next = node.next;
      linkDue(node);
      node = next;
    }
  }

  private void file(TimerNode node) {
    if (node.deadlineNanos <= elapsedNanos) {
      node.deadlineNanos = elapsedNanos;
      linkDue(node);
    } else {
      linkAhead(node, tick(node.deadlineNanos));
    }
  }

  private void linkAhead(TimerNode node, long tick) {
    int slot = neverSlot;
    if (tick != NEVER) {
      int level = (63 - Long.numberOfLeadingZeros(tick ^ currentTick)) / DIGIT_BITS;
      int digit = (int) (tick >>> (level * DIGIT_BITS)) & (SLOTS_PER_LEVEL - 1);
      slot = level * SLOTS_PER_LEVEL + digit;
      occupied[level] |= 1L << digit;
    }
    TimerNode first = slots[slot];
    node.slot = slot;
    node.previous = null;
    node.next = first;
    if (first != null) {
      first.previous = node;
    }
    slots[slot] = node;
  }

  private void linkDue(TimerNode node) {
    TimerNode last = lastDue;
    node.slot = TimerNode.DUE;
    node.previous = last;
    node.next = null;
    if (last == null) {
      firstDue = node;
    } else {
      last.next = node;
    }
    lastDue = node;
  }

  /** Takes the node out of its list; the caller sets its slot. */
  private void unlink(TimerNode node) {
    TimerNode previous = node.previous;
    TimerNode next = node.next;
    node.previous = null;
    node.next = null;
    if (next != null) {
      next.previous = previous;
    } else if (node.slot == TimerNode.DUE) {
      lastDue = previous;
    }
    if (previous != null) {
      previous.next = next;
    } else {
      replaceFirst(node.slot, next);
    }
  }

  private void replaceFirst(int slot, @Nullable TimerNode first) {
    if (slot == TimerNode.DUE) {
      firstDue = first;
      return;
    }
    slots[slot] = first;
    if (first == null && slot != neverSlot) {
      occupied[slot / SLOTS_PER_LEVEL] &= ~(1L << slot);
    }
  }

  /** Whether a linked node may stay where it is: its slot comes no later than the new deadline. */
  private boolean staysInSlot(TimerNode node, long deadlineNanos) {
    return deadlineNanos > elapsedNanos
        && (deadlineNanos >= node.deadlineNanos
            || (node.slot != neverSlot && tick(deadlineNanos) >= firstTick(node.slot)));
  }

  /** The slot whose time comes first, or -1. */
  private int firstOccupied() {
    for (int level = 0; level < occupied.length; level++) {
      long bits = occupied[level];
      if (bits != 0) {
        return level * SLOTS_PER_LEVEL + Long.numberOfTrailingZeros(bits);
      }
    }
    return -1;
  }

  /** The first tick of an occupied slot. */
  private long firstTick(int slot) {
    int shift = slot / SLOTS_PER_LEVEL * DIGIT_BITS;
    long digit = slot & (SLOTS_PER_LEVEL - 1);
    long higherDigits = currentTick >>> shift & -SLOTS_PER_LEVEL;
    return (higherDigits | digit) << shift;
  }

  /** The first tick that is not before the deadline, or {@link #NEVER} if it cannot be counted. */
  private long tick(long deadlineNanos) {
    long tick = ((deadlineNanos - 1) >>> tickShift) + 1;
    return tick > Long.MAX_VALUE >>> tickShift ? NEVER : tick;
  }

  private long sinceStart(long nowNanos, long delayNanos) {
    long now = nowNanos - startNanos;
    long deadlineNanos = now + Math.max(delayNanos, 0);
    return deadlineNanos >= now ? deadlineNanos : NEVER;
  }
}
