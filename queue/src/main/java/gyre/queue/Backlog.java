package gyre.queue;

import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The entries that are known to wait, in the order in which they are to be done: by priority, and
 * within one by their sequence.
 *
 * <p>It is bounded. A directory may hold a million entries, and this the first thousands of each
 * priority; {@link #needsScan} says that the directory has to be looked at again because those of
 * one are done. What comes meanwhile behind the first that was left out is left out, too: so memory
 * does not depend on the backlog, and the oldest are still done first.
 *
 * <p>Low priorities do not starve: one that was passed over {@link #PASSES_LIMIT} times in favour
 * of higher ones is served next. Used by one thread.
 */
final class Backlog {
  /** With nine busy levels above it, an entry at the head of the last waits for 9 × 64 others. */
  static final int PASSES_LIMIT = 64;

  private final int limitPerLevel;
  private final Level[] levels = new Level[EntryName.LAST_PRIORITY + 1];
  private int size;

  private static final class Level {
    final TreeSet<EntryName> names = new TreeSet<>(EntryName.ORDER);
    int passes;

    /** The first that found no room since the last scan: only what is before it may be added. */
    @Nullable EntryName firstLeftOut;

    void leaveOut(EntryName name) {
      if (firstLeftOut == null || EntryName.ORDER.compare(name, firstLeftOut) < 0) {
        firstLeftOut = name;
      }
    }

    boolean isBehindLeftOut(EntryName name) {
      return firstLeftOut != null && EntryName.ORDER.compare(name, firstLeftOut) >= 0;
    }
  }

  Backlog(int limitPerLevel) {
    if (limitPerLevel < 1) {
      throw new IllegalArgumentException("limit must be 1 or more: " + limitPerLevel);
    }
    this.limitPerLevel = limitPerLevel;
    for (int i = 0; i < levels.length; i++) {
      levels[i] = new Level();
    }
  }

  /** False if it was known already, or if there is no room for it now. */
  boolean offer(EntryName name) {
    Level level = levels[name.priority()];
    if (level.isBehindLeftOut(name)) {
      return false;
    }
    if (!level.names.add(name)) {
      return false;
    }
    size++;
    if (level.names.size() <= limitPerLevel) {
      return true;
    }
    EntryName last = level.names.last();
    level.names.remove(last);
    level.leaveOut(last);
    size--;
    return last != name;
  }

  /** The one to be done next. */
  @Nullable EntryName poll() {
    Level chosen = null;
    for (Level level : levels) {
      if (level.names.isEmpty()) {
        level.passes = 0;
      } else if (chosen == null || level.passes >= PASSES_LIMIT) {
        chosen = level;
        if (level.passes >= PASSES_LIMIT) {
          break;
        }
      }
    }
    if (chosen == null) {
      return null;
    }
    for (Level level : levels) {
      if (level != chosen && !level.names.isEmpty()) {
        level.passes++;
      }
    }
    chosen.passes = 0;
    size--;
    return chosen.names.pollFirst();
  }

  boolean contains(EntryName name) {
    return levels[name.priority()].names.contains(name);
  }

  int size() {
    return size;
  }

  int size(int priority) {
    return levels[priority].names.size();
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Something was left out since the last scan. */
  boolean mayHaveMore() {
    for (Level level : levels) {
      if (level.firstLeftOut != null) {
        return true;
      }
    }
    return false;
  }

  /** Of some priority all that was known is done, and there is more of it. */
  boolean needsScan() {
    for (Level level : levels) {
      if (level.firstLeftOut != null && level.names.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** As {@link #needsScan}, of one priority. */
  boolean isEmptyWithMore(int priority) {
    Level level = levels[priority];
    return level.firstLeftOut != null && level.names.isEmpty();
  }

  /** As {@link #needsScan}; the priorities that are empty begin anew if so. */
  boolean forgetLeftOut() {
    boolean wasNeeded = false;
    for (Level level : levels) {
      if (level.firstLeftOut != null && level.names.isEmpty()) {
        level.firstLeftOut = null;
        wasNeeded = true;
      }
    }
    return wasNeeded;
  }

  /** Before a scan, which offers all that is there. */
  void clear() {
    for (Level level : levels) {
      level.names.clear(); // the passes stay: a scan is no reason to wait anew
      level.firstLeftOut = null;
    }
    size = 0;
  }
}
