package gyre.file;

import gyre.engine.FileFlags;

/**
 * How to open a file. Immutable; each method gives a changed copy.
 *
 * <pre>{@code
 * OpenOptions.reading()
 * OpenOptions.writing().create(true).truncate(true)
 * OpenOptions.appending().create(true).permissions(0600)
 * }</pre>
 */
public final class OpenOptions {
  private static final int PERMISSIONS_MASK = 07777;

  private final int flags;
  private final int permissions;

  private OpenOptions(int flags, int permissions) {
    this.flags = flags;
    this.permissions = permissions;
  }

  private static OpenOptions of(int flags) {
    // Opening a pipe must not wait for whoever opens its other end. Files don't mind.
    return new OpenOptions(flags | FileFlags.O_NONBLOCK | FileFlags.O_NOCTTY, 0666);
  }

  /** To read what is there. */
  public static OpenOptions reading() {
    return of(FileFlags.O_RDONLY);
  }

  /** To write, at any offset. */
  public static OpenOptions writing() {
    return of(FileFlags.O_WRONLY);
  }

  /** To read and write, at any offset. */
  public static OpenOptions readingAndWriting() {
    return of(FileFlags.O_RDWR);
  }

  /** To write at the end, wherever that is by then: also when others append as well. */
  public static OpenOptions appending() {
    return of(FileFlags.O_WRONLY | FileFlags.O_APPEND);
  }

  /** Makes the file where there is none. */
  public OpenOptions create(boolean on) {
    return with(FileFlags.O_CREAT, on);
  }

  /** Makes the file, and refuses with {@code EEXIST} where something has the name already. */
  public OpenOptions createNew(boolean on) {
    return with(FileFlags.O_CREAT | FileFlags.O_EXCL, on);
  }

  /** Drops what the file has. */
  public OpenOptions truncate(boolean on) {
    if (on && !isWriting()) {
      throw new IllegalArgumentException("only a file that is opened to be written is truncated");
    }
    return with(FileFlags.O_TRUNC, on);
  }

  /**
   * Refuses with {@code ELOOP} where the name is that of a symbolic link; below a {@link Directory}
   * also where any part of the path is.
   */
  public OpenOptions noFollow(boolean on) {
    return with(FileFlags.O_NOFOLLOW, on);
  }

  /**
   * Past the page cache: buffers, offsets and lengths have to be aligned, see {@link
   * File#alignedBuffer}.
   */
  public OpenOptions direct(boolean on) {
    return with(FileFlags.O_DIRECT, on);
  }

  /** Each write returns when it is on the device, data and what is needed to find it. */
  public OpenOptions synced(boolean on) {
    return with(FileFlags.O_DSYNC, on);
  }

  /**
   * Permissions of a file that is made, as in {@code 0640}. The process's umask takes some of them
   * away. 0666 if nothing is said.
   */
  public OpenOptions permissions(int newPermissions) {
    if ((newPermissions & ~PERMISSIONS_MASK) != 0) {
      throw new IllegalArgumentException(
          "permissions 0" + Integer.toOctalString(newPermissions) + ": valid is 0 to 07777");
    }
    return new OpenOptions(flags, newPermissions);
  }

  private OpenOptions with(int bits, boolean on) {
    return new OpenOptions(on ? flags | bits : flags & ~bits, permissions);
  }

  OpenOptions directory() {
    return with(FileFlags.O_DIRECTORY, true);
  }

  OpenOptions temporary() {
    return with(FileFlags.O_TMPFILE, true);
  }

  boolean isWriting() {
    return (flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_RDONLY;
  }

  boolean isCreatingNew() {
    return (flags & FileFlags.O_EXCL) != 0;
  }

  boolean isAppending() {
    return (flags & FileFlags.O_APPEND) != 0;
  }

  int flags() {
    return flags;
  }

  int permissions() {
    return permissions;
  }
}
