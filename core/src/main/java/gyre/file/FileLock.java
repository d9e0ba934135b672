package gyre.file;

import gyre.Fiber;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A lock on a whole file, which belongs to the open {@link File} (an OFD lock of Linux). It keeps
 * out only those who ask for locks too. On NIO it belongs to the process, as the JDK's locks do.
 *
 * <p>The kernel has no way to be told when a lock is free but a thread that waits for it. So who
 * waits tries again instead, after 1 ms, 2 ms, and so on up to 100 ms: no thread is held, and
 * whoever waits can be cancelled.
 */
public final class FileLock implements AutoCloseable {
  private static final int FIRST_MILLIS = 1;
  private static final int LONGEST_MILLIS = 100;

  private final File file;
  private boolean isHeld = true;

  private FileLock(File file) {
    this.file = file;
  }

  static FileLock await(File file, boolean isExclusive) {
    int millis = FIRST_MILLIS;
    while (true) {
      FileLock lock = attempt(file, isExclusive);
      if (lock != null) {
        return lock;
      }
      Fiber.sleep(Duration.ofMillis(millis));
      millis = Math.min(LONGEST_MILLIS, 2 * millis);
    }
  }

  static @Nullable FileLock attempt(File file, boolean isExclusive) {
    int type = isExclusive ? FileCalls.LOCK_EXCLUSIVE : FileCalls.LOCK_SHARED;
    int descriptor = file.descriptor();
    int result = file.attempt("lock", calls -> calls.lock(descriptor, type, 0, 0));
    if (result == Errno.EAGAIN.negated()) {
      return null;
    }
    if (result < 0) {
      throw FileException.of("lock", file.path(), result);
    }
    return new FileLock(file);
  }

  /** Whether it is there still. */
  public boolean isHeld() {
    return isHeld && file.isOpen();
  }

  /**
   * Gives it up, also in a fiber that is cancelled; without effect if that has happened, or the
   * file is closed.
   */
  @Override
  public void close() {
    if (isHeld()) {
      file.performUncancelled(
          "unlock", calls -> calls.lock(file.descriptor(), FileCalls.LOCK_NONE, 0, 0));
      isHeld = false;
    }
  }
}
