package gyre.sys;

/** Calls on inotify. All answer a negative errno where they fail. */
public final class LinuxInotify {
  private LinuxInotify() {}

  /** Close-on-exec; blocks unless {@link LinuxFiles#O_NONBLOCK} is among the flags. */
  public static int open(CallState state, int flags) {
    return Syscall.call(state, Syscall.INOTIFY_INIT1, flags | LinuxFiles.O_CLOEXEC);
  }

  /**
   * Watches a file or directory, or changes what is told of one that is watched. The number of the
   * watch: one for each inode.
   *
   * @param path of a string with a zero at its end
   */
  public static int add(CallState state, int fd, long path, int mask) {
    return Syscall.call(state, Syscall.INOTIFY_ADD_WATCH, fd, path, mask);
  }

  public static int remove(CallState state, int fd, int watch) {
    return Syscall.call(state, Syscall.INOTIFY_RM_WATCH, fd, watch);
  }
}
