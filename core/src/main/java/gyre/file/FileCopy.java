package gyre.file;

import gyre.engine.Errno;

/**
 * Copies what a file has, in the first of these ways that the two files allow: by sharing it, which
 * takes no time and no space (reflink, on file systems such as btrfs and XFS); within the kernel
 * ({@code copy_file_range}); or by the loop's memory, of which it takes {@link
 * FileSource#LIMIT_BYTES} twice.
 */
public final class FileCopy {
  /** Of one call within the kernel: it can't be cancelled sooner. */
  private static final int PART_BYTES = 4 << 20;

  private FileCopy() {}

  /**
   * Copies all of a file to an empty one.
   *
   * @return how many bytes
   */
  public static long copy(File from, File to) {
    from.hold(); // its descriptor is in operations of the other
    try {
      return copyHeld(from, to);
    } finally {
      from.letGo();
    }
  }

  private static long copyHeld(File from, File to) {
    int source = from.descriptor();
    int target = to.descriptor();
    int shared = to.attempt("copy " + from.path() + " to", calls -> calls.share(source, target));
    if (shared == 0) {
      return from.sizeBytes();
    }
    long done = withinKernel(from, to);
    return done >= 0 ? done : byMemory(from, to);
  }

  /** -1 if that is not possible, and nothing was copied. */
  private static long withinKernel(File from, File to) {
    int source = from.descriptor();
    int target = to.descriptor();
    String verb = "copy " + from.path() + " to";
    long done = 0;
    while (true) {
      from.checkPartOpen();
      long offset = done;
      int result =
          to.attempt(verb, calls -> calls.copy(source, offset, target, offset, PART_BYTES));
      if (result == 0) {
        // Files that are made as they are read, as in /proc, look empty to this call.
        return done == 0 ? -1 : done;
      }
      if (result < 0) {
        if (done == 0 && isRefused(result)) {
          return -1;
        }
        throw FileException.of(verb, to.path(), result);
      }
      done += result;
    }
  }

  private static boolean isRefused(int result) {
    return result == Errno.EXDEV.negated()
        || result == Errno.EINVAL.negated()
        || result == Errno.EOPNOTSUPP.negated()
        || result == Errno.ENOSYS.negated()
        || result == Errno.EPERM.negated()
        || result == Errno.EBADF.negated();
  }

  private static long byMemory(File from, File to) {
    try (FileSource source = from.source();
        FileSink sink = to.sink(0)) {
      long done = source.transferTo(sink);
      sink.flush();
      return done;
    }
  }
}
