package gyre.file;

/** Something in a directory that is watched. */
sealed interface WatchChild permits WatchNode, WatchChild.Entry {
  boolean isDirectory();

  /**
   * What is not watched itself.
   *
   * @param stamp of its content, or {@link #UNKNOWN}
   */
  record Entry(boolean isDirectory, long stamp) implements WatchChild {
    /** It has changed since somebody looked. */
    static final long UNKNOWN = Long.MIN_VALUE;

    private static final Entry FILE = new Entry(false, UNKNOWN);

    /** The same for all files of which nothing is known, as most are that events tell of. */
    static Entry of(boolean isDirectory, long stamp) {
      return isDirectory || stamp != UNKNOWN ? new Entry(isDirectory, stamp) : FILE;
    }
  }
}
