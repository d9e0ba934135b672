package gyre.engine;

/**
 * The calls on files, which may block. Descriptors are those of the engine that these belong to.
 * From any thread; each answers a negative errno where it fails.
 */
public interface FileCalls extends NameCalls {
  /** In place of a directory's descriptor: relative paths are those of the process. */
  int WORKING_DIRECTORY = -100;

  /** In place of an offset: where the last read or write on this descriptor ended. */
  long AT_POSITION = -1;

  /** In place of a user or group: as it is. */
  int KEEP = -1;

  /** In place of a time: as it is. */
  long KEEP_TIME = Long.MIN_VALUE;

  // How to lock.
  int LOCK_SHARED = 0;
  int LOCK_EXCLUSIVE = 1;
  int LOCK_NONE = 2;

  /** A new close-on-exec descriptor. See {@link OpenFile}. */
  int open(int directory, byte[] path, int flags, int mode);

  /** The same, and nothing outside of the directory is reached: {@code EXDEV} instead. */
  int openBelow(int directory, byte[] path, int flags, int mode);

  /** The number of bytes; 0 at the end. */
  int read(int descriptor, long address, int length, long offset);

  /** The number of bytes taken, maybe fewer than asked. */
  int write(int descriptor, long address, int length, long offset);

  /**
   * As {@link #read}, into the pieces of a {@code struct iovec[]}: one after the other, until one
   * is not filled, where a kernel has no better way.
   */
  default int readVector(int descriptor, long vector, int count, long offset) {
    return Vector.each(
        vector, count, offset, (base, length, at) -> read(descriptor, base, length, at));
  }

  /** As {@link #write}, from the pieces of a {@code struct iovec[]}: see {@link #readVector}. */
  default int writeVector(int descriptor, long vector, int count, long offset) {
    return Vector.each(
        vector, count, offset, (base, length, at) -> write(descriptor, base, length, at));
  }

  /** Waits until what was written is on the device; with {@code dataOnly} not what is about it. */
  int sync(int descriptor, boolean dataOnly);

  int close(int descriptor);

  /** See {@link StatFile}. */
  int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into);

  /** To be told of what changes in directories. */
  default WatchCalls watches() {
    return WatchCalls.NONE;
  }

  /** A FIFO of this name. */
  default int makeFifo(byte[] path, int mode) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Makes a file shorter, or longer by zeros. */
  int truncate(int descriptor, long sizeBytes);

  /** See {@link AllocateFile}. */
  int allocate(int descriptor, boolean keepsSize, long offset, long bytes);

  // The file is that of a path, or with an empty path the one that is open as directory.

  /** Changes the permissions; of what a link leads to. */
  int changeMode(int directory, byte[] path, int mode);

  /**
   * Changes who owns it; of what a link leads to.
   *
   * @param user or {@link #KEEP}
   * @param group or {@link #KEEP}
   */
  int changeOwner(int directory, byte[] path, int user, int group);

  /**
   * Changes when it was read and changed last, in nanoseconds since 1970, as far as the file system
   * can keep them; of what a link leads to.
   *
   * @param accessedNanos or {@link #KEEP_TIME}
   * @param modifiedNanos or {@link #KEEP_TIME}
   */
  int changeTimes(int directory, byte[] path, long accessedNanos, long modifiedNanos);

  /**
   * Copies a part of a file to another without its coming by here. The number of bytes, maybe fewer
   * than asked; 0 at the end. {@code EXDEV}, {@code EINVAL} or {@code EOPNOTSUPP} where these two
   * files can't be copied so.
   */
  int copy(int from, long fromOffset, int to, long toOffset, int bytes);

  /** Has an empty file share all that another one has, until either is changed. Errors as above. */
  int share(int from, int to);

  /**
   * Takes or gives up a lock on a range that belongs to the open file, without waiting: {@code
   * EAGAIN} while somebody else has one in the way. What is given up must have been taken as it is.
   *
   * @param bytes 0 for up to the end, wherever that will be
   */
  int lock(int descriptor, int type, long offset, long bytes);
}
