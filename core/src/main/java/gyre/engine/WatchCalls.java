package gyre.engine;

import java.nio.file.Path;

/**
 * The calls for watching directories, as inotify has them: {@link WatchMask} says what is told.
 * Where a kernel has no such thing {@link #open} says so, and who watches has to look from time to
 * time. They may block: called on helper threads. Each answers a negative errno where it fails.
 */
public interface WatchCalls {
  /** Nobody tells of changes. */
  WatchCalls NONE = new WatchCalls() {};

  /**
   * A new close-on-exec descriptor, to be read by {@link ReadFile} and closed by {@link CloseFile}.
   */
  default int open() {
    return Errno.EOPNOTSUPP.negated();
  }

  /** The number of the watch: the same for all paths to one directory. */
  default int add(int descriptor, byte[] path, int mask) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** The watch may have gone by itself. */
  default int remove(int descriptor, int watch) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Tells of everything in a directory, without following links. */
  default int list(Path directory, DirectoryVisitor visitor) {
    return DirectoryVisitor.visit(directory, visitor);
  }

  /** What a system allows, in words for an operator; empty where nothing is known. */
  default String limits() {
    return "";
  }
}
