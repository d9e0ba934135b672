package gyre.file;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is watched, with what the watcher has been told is in it. A change that could
 * not be told is not entered here, so that a comparison finds it.
 */
final class WatchNode implements WatchChild {
  final WatchTree tree;

  /** Null for the directory of the watcher, and what is above it. */
  @Nullable WatchNode parent;

  /** In its parent. */
  String name;

  /** The kernel's number of it, or -1. */
  int watch = -1;

  /** Not watched for itself: the watched one is going to come back below it. */
  final boolean isAncestor;

  /** In line to be looked at. */
  boolean isQueued;

  /** It is to be compared with all that is below it. */
  boolean scansDeep;

  /** It is to be looked at alone, without what is below it. */
  boolean isShallow;

  /** It can't be watched, and that has been told. */
  boolean isLost;

  /** Null unless the last that happened to a name in it is that it took another's place. */
  WatchMove.@Nullable Arrival arrival;

  final Map<String, WatchChild> children = new HashMap<>();

  WatchNode(WatchTree tree, @Nullable WatchNode parent, String name, boolean isAncestor) {
    this.tree = tree;
    this.parent = parent;
    this.name = name;
    this.isAncestor = isAncestor;
  }

  @Override
  public boolean isDirectory() {
    return true;
  }

  Path path() {
    return parent == null ? tree.root() : parent.path().resolve(name);
  }

  /** Whether it is part of the tree still. */
  boolean isAttached() {
    WatchNode node = this;
    while (node.parent != null) {
      if (node.parent.children.get(node.name) != node) {
        return false;
      }
      node = node.parent;
    }
    return tree.isRoot(node);
  }
}
