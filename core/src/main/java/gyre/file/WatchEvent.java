package gyre.file;

import java.nio.file.Path;

/**
 * What a {@link Watcher} tells of. Applied in their order to what was there when the watcher was
 * opened, the events give what is there now.
 */
public sealed interface WatchEvent {
  /** What it is about. */
  Path path();

  /** A file, directory or link is there that was not, or has been moved in from elsewhere. */
  record Created(Path path, boolean isDirectory) implements WatchEvent {}

  /** The content of a file has changed, or may have where an overflow has hidden what happened. */
  record Written(Path path) implements WatchEvent {}

  /**
   * It has another name now, inside of what is watched; what had that name before is replaced. A
   * directory has moved with all that is in it.
   */
  record Moved(Path from, Path path, boolean isDirectory) implements WatchEvent {}

  /** It is gone, or has been moved elsewhere; a directory with all that was in it. */
  record Deleted(Path path, boolean isDirectory) implements WatchEvent {}

  /**
   * More happened than could be kept: what is missing is told next, by events that come from a
   * comparison, up to {@link Rescanned}.
   *
   * @param where whose queue was full
   */
  record Overflowed(Path path, Queue where) implements WatchEvent {}

  /** What was missing since {@link Overflowed} has been told. */
  record Rescanned(Path path) implements WatchEvent {}

  /**
   * A directory is not watched any more. If it is the one that the watcher was opened for, all that
   * was in it is gone for the watcher, which goes on to wait for its {@link Returned return}.
   *
   * @param detail what an operator should know of it; may be empty
   */
  record Lost(Path path, Reason reason, String detail) implements WatchEvent {}

  /**
   * The system has no more watches to give. From now on all of it is looked at each {@link
   * WatchOptions#pollInterval}: changes are told later, and a rename as one file deleted and
   * another created. Only where {@link WatchOptions#pollAtLimit} is on.
   *
   * @param detail which limit was met, its value, and how to raise it
   */
  record Degraded(Path path, String detail) implements WatchEvent {}

  /** The directory of the watcher is back. What is in it is told as created. */
  record Returned(Path path) implements WatchEvent {}

  /** Where events wait. */
  enum Queue {
    /** That of the kernel, {@code fs.inotify.max_queued_events}. */
    KERNEL,
    /** That of the watcher, {@link WatchOptions#queueLimit}. */
    WATCHER
  }

  /** Why a directory is not watched any more. */
  enum Reason {
    DELETED,
    MOVED,
    UNMOUNTED,
    /** The process may not read it. */
    UNREADABLE,
    /** No more watches are to be had; the detail names the limit. */
    LIMIT
  }
}
