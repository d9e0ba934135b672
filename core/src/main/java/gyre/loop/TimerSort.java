package gyre.loop;

import org.jspecify.annotations.Nullable;

/**
 * Sorts the entries of one tick by deadline, those with equal ones by the order of their start: a
 * merge sort on the links of the entries, which allocates nothing.
 *
 * <p>It counts in binary: {@code runs[i]} is empty or holds a sorted run of 2^i entries, and adding
 * an entry carries, merging two runs of one size into one of the next.
 */
public final class TimerSort {
  /** More than 2^31 entries do not fit. */
  private final @Nullable TimerNode[] runs = new @Nullable TimerNode[31];

  private int levels;

  public void add(TimerNode node) {
    TimerNode run = node;
    run.next = null;
    int level = 0;
    for (TimerNode other = runs[level]; other != null; other = runs[level]) {
      run = merge(other, run);
      runs[level] = null;
      level++;
    }
    runs[level] = run;
    levels = Math.max(levels, level + 1);
  }

  /** Everything added since the last call, linked by {@code next} alone. */
  public @Nullable TimerNode take() {
    TimerNode sorted = null;
    for (int level = 0; level < levels; level++) {
      TimerNode run = runs[level];
      if (run != null) {
        sorted = sorted == null ? run : merge(run, sorted);
        runs[level] = null;
      }
    }
    levels = 0;
    return sorted;
  }

  private static TimerNode merge(TimerNode left, TimerNode right) {
    boolean leftFirst = isBefore(left, right);
    TimerNode first = leftFirst ? left : right;
    TimerNode last = first;
    TimerNode rest = leftFirst ? left.next : right.next;
    TimerNode other = leftFirst ? right : left;
    while (rest != null) {
      if (isBefore(other, rest)) {
        TimerNode swapped = rest;
        rest = other;
        other = swapped;
      }
      last.next = rest;
      last = rest;
      rest = rest.next;
    }
    last.next = other;
    return first;
  }

  private static boolean isBefore(TimerNode left, TimerNode right) {
    return left.deadlineNanos < right.deadlineNanos
        || (left.deadlineNanos == right.deadlineNanos && left.sequence < right.sequence);
  }
}
