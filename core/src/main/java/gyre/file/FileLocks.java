package gyre.file;

import gyre.Fiber;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one open file. They don't overlap: to the kernel they were one, and the first to be
 * given up would take a part of the other with it.
 *
 * <p>The kernel has no way to be told when a lock is free but a thread that waits for it. So who
 * waits tries again instead, after 1 ms, 2 ms, and so on up to 100 ms: no thread is held, and
 * whoever waits can be cancelled.
 */
final class FileLocks {
  private static final int FIRST_MILLIS = 1;
  private static final int LONGEST_MILLIS = 100;

  private final File file;

  /** Held, or asked for. */
  private final List<LockRange> ranges = new ArrayList<>(0);

  FileLocks(File file) {
    this.file = file;
  }

  FileLock await(LockRange range, boolean isExclusive) {
    int millis = FIRST_MILLIS;
    while (true) {
      FileLock lock = attempt(range, isExclusive);
      if (lock != null) {
        return lock;
      }
      Fiber.sleep(Duration.ofMillis(millis));
      millis = Math.min(LONGEST_MILLIS, 2 * millis);
    }
  }

  @Nullable FileLock attempt(LockRange range, boolean isExclusive) {
    file.checkPartOpen();
    checkIsFree(range);
    ranges.add(range);
    boolean isHeld = false;
    try {
      isHeld = lock(range, isExclusive ? FileCalls.LOCK_EXCLUSIVE : FileCalls.LOCK_SHARED);
    } finally {
      if (!isHeld) {
        ranges.remove(range);
      }
    }
    return isHeld ? new FileLock(file, this, range) : null;
  }

  private void checkIsFree(LockRange range) {
    for (LockRange other : ranges) {
      if (other.overlaps(range)) {
        throw new IllegalStateException(
            file.path()
                + " has a lock on "
                + other
                + " by this File already, and is to lock "
                + range
                + ": open it once more, since locks keep out other open files only");
      }
    }
  }

  private boolean lock(LockRange range, int type) {
    int descriptor = file.descriptor();
    int result =
        file.attempt("lock", calls -> calls.lock(descriptor, type, range.offset(), range.bytes()));
    if (result == Errno.EAGAIN.negated()) {
      return false;
    }
    if (result < 0) {
      throw FileException.of("lock", file.path(), result);
    }
    return true;
  }

  void unlock(LockRange range) {
    int descriptor = file.descriptor();
    file.performUncancelled(
        "unlock",
        calls -> calls.lock(descriptor, FileCalls.LOCK_NONE, range.offset(), range.bytes()));
    ranges.remove(range);
  }
}
