package gyre.file;

/**
 * The first half of a rename, whose other half has not come.
 *
 * @param node the directory that it was in
 * @param cookie the kernel's number for both halves
 */
record WatchMove(WatchNode node, String name, WatchChild child, int cookie) {
  /**
   * Whether both halves are known to be of one thing. A comparison that was quicker may have found
   * something else at the old name, or that the directory of the old name is gone.
   */
  boolean isWhole(boolean isDirectory) {
    return node.isAttached() && child.isDirectory() == isDirectory;
  }
}
