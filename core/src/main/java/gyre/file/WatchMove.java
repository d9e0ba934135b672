package gyre.file;

import org.jspecify.annotations.Nullable;

/**
 * The first half of a rename, whose other half has not come.
 *
 * @param node the directory that it was in
 * @param cookie the kernel's number for both halves
 * @param arrival how it had come to its name just before, if it took the place of something else
 */
record WatchMove(
    WatchNode node, String name, WatchChild child, int cookie, @Nullable Arrival arrival) {
  /**
   * A name that has just taken the place of something else by a rename. Of an exchange the kernel
   * tells as of a move and of a move back, both from under the locks of the directories: so if the
   * next thing that happens in the directory is that the name moves on, what was replaced may be
   * there still, and the name not be free at all.
   *
   * @param node the directory that it came from; null if that is not known
   * @param from its name there
   */
  record Arrival(String name, @Nullable WatchNode node, @Nullable String from) {
    static Arrival of(String name, int cookie, @Nullable WatchMove move) {
      return move != null && move.cookie == cookie
          ? new Arrival(name, move.node, move.name)
          : new Arrival(name, null, null);
    }
  }

  /**
   * Whether both halves are known to be of one thing, and not those of an exchange. A comparison
   * that was quicker may have found something else at the old name, or that the directory of the
   * old name is gone.
   */
  boolean isWhole(int otherCookie, WatchNode toNode, String toName, boolean isDirectory) {
    return cookie == otherCookie
        && node.isAttached()
        && child.isDirectory() == isDirectory
        && !isBack(toNode, toName);
  }

  private boolean isBack(WatchNode toNode, String toName) {
    return arrival != null
        && (arrival.node() == null || (arrival.node() == toNode && toName.equals(arrival.from())));
  }
}
