package gyre.file;

import gyre.engine.Errno;
import gyre.io.IoException;
import java.nio.file.Path;

/** A directory can't be watched. */
public final class WatchException extends IoException {
  private static final long serialVersionUID = 1L;

  private WatchException(Path path, String reason, int errno) {
    super("watch", path.toString(), reason, errno);
  }

  /**
   * @param result a negative errno
   * @param limits of the system, in words
   */
  static WatchException of(Path path, int result, String limits) {
    int errno = Math.abs(result);
    return new WatchException(path, reason(errno, advice(errno, limits)), errno);
  }

  private static String advice(int errno, String limits) {
    if (errno == Errno.ENOSPC.number()) {
      return "this user has no more watches of directories: "
          + limits
          + "; raise the lowest, for example by sysctl fs.inotify.max_user_watches=1048576";
    }
    if (errno == Errno.EMFILE.number()) {
      return "this user has no more inotify instances, or this process no more descriptors: "
          + limits
          + "; raise the lowest, for example by sysctl fs.inotify.max_user_instances=1024, or"
          + " ulimit -n";
    }
    if (errno == Errno.ENOTDIR.number()) {
      return "watch the directory that it is in";
    }
    return "";
  }
}
