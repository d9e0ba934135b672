package gyre.engine;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

  /**
   * Tells sooner than one would look that something may have happened in a directory. Without a
   * promise: who uses it looks from time to time all the same.
   */
  interface Hints {
    /** On a helper thread. Without effect where that is not possible. */
    void add(Path directory);

    /** On a helper thread. */
    void remove(Path directory);

    /** From any thread; does not wait. */
    void close();
  }

  /**
   * Hints, where there is no descriptor of {@link #open} but something else; on a helper thread.
   *
   * @param changed is given the directory as it was added, on whatever thread
   */
  default @Nullable Hints hints(Consumer<Path> changed) {
    return null;
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
