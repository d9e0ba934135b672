package gyre.file;

import gyre.file.WatchChild.Entry;
import gyre.file.WatchEvent.Written;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Tells the differences between what was told of a directory and what is there. It stops where
 * there is no room for an event: what was not told is not entered, and found again later.
 */
final class WatchComparison {
  private final WatchTree tree;
  private final WatchOptions options;

  WatchComparison(WatchTree tree, WatchOptions options) {
    this.tree = tree;
    this.options = options;
  }

  /**
   * @param mayHideWrites whether the kernel may not have told of everything that was written
   */
  void compare(WatchNode node, List<WatchScan.Found> found, boolean mayHideWrites) {
    boolean isDeep = (mayHideWrites && !node.isShallow) || node.scansDeep;
    node.scansDeep = false;
    node.isShallow = false;
    Map<String, WatchScan.Found> byName = HashMap.newHashMap(found.size());
    Path path = node.path();
    for (WatchScan.Found each : found) {
      if (!options.excludes(path.resolve(each.name()))) {
        byName.put(each.name(), each);
      }
    }
    if (!tellDeleted(node, byName)) {
      return;
    }
    Iterator<WatchScan.Found> all = byName.values().iterator();
    boolean isGoingOn = true;
    while (isGoingOn && all.hasNext()) {
      isGoingOn = compare(node, all.next(), mayHideWrites, isDeep);
    }
  }

  private boolean tellDeleted(WatchNode node, Map<String, WatchScan.Found> found) {
    for (String name : List.copyOf(node.children.keySet())) {
      if (!found.containsKey(name) && !tree.deleted(node, name)) {
        return false;
      }
    }
    return true;
  }

  private boolean compare(
      WatchNode node, WatchScan.Found found, boolean mayHideWrites, boolean isDeep) {
    WatchChild known = node.children.get(found.name());
    if (known == null || known.isDirectory() != found.isDirectory()) {
      if (!tree.created(node, found.name(), found.isDirectory())) {
        return false;
      }
      known = node.children.get(found.name());
      mayHideWrites = false;
    }
    if (known instanceof WatchNode directory) {
      if (isDeep) {
        directory.scansDeep = true;
        tree.scan(directory);
      }
    } else if (known instanceof Entry(boolean isDirectory, long stamp) && !isDirectory) {
      boolean isWritten = mayHideWrites && stamp != found.stamp();
      if (isWritten && !tree.tell(new Written(node.path().resolve(found.name())))) {
        return false;
      }
      node.children.put(found.name(), new Entry(false, found.stamp()));
    }
    return true;
  }
}
