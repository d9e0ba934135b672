package gyre.engine;

/**
 * The calls on files, which may block. Descriptors are those of the engine that these belong to.
 * From any thread; each answers a negative errno where it fails.
 */
public interface FileCalls {
  /** In place of a directory's descriptor: relative paths are those of the process. */
  int WORKING_DIRECTORY = -100;

  /** In place of an offset: where the last read or write on this descriptor ended. */
  long AT_POSITION = -1;

  /** A new close-on-exec descriptor. See {@link OpenFile}. */
  int open(int directory, byte[] path, int flags, int mode);

  /** The number of bytes; 0 at the end. */
  int read(int descriptor, long address, int length, long offset);

  /** The number of bytes taken, maybe fewer than asked. */
  int write(int descriptor, long address, int length, long offset);

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
}
