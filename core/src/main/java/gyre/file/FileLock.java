package gyre.file;

/**
 * A lock on a file or a range of it, which belongs to the open {@link File} (an OFD lock of Linux).
 * It keeps out only those who ask for locks too: other open files, in this process and others.
 *
 * <p>On NIO it belongs to the process, as the JDK's locks do (those of {@code fcntl} on Unix):
 * other processes are kept out, other files of this process get it neither, not even a shared one
 * beside another, and closing <em>any</em> file of this process that leads to the same one may give
 * it up.
 */
public final class FileLock implements AutoCloseable {
  private final File file;
  private final FileLocks locks;
  private final LockRange range;
  private boolean isHeld = true;

  FileLock(File file, FileLocks locks, LockRange range) {
    this.file = file;
    this.locks = locks;
    this.range = range;
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
      isHeld = false;
      locks.unlock(range);
    }
  }

  @Override
  public String toString() {
    return (isHeld() ? "lock on " : "past lock on ") + range + " of " + file.path();
  }
}
