package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The file system of a machine, in memory.
 *
 * <p>What was written is in the page cache, and what was synced on the device: a crash of the host
 * takes the difference away. The content of a file is synced by itself, and its name with the
 * directory that has it. Changes of names are atomic, and get to the device in their order: so a
 * sync of a directory takes along those before, and a crash may leave any first part of the rest.
 */
final class Disk {
  private static final int MOST_LINKS = 40;

  /** Where a path ends. An error or a node, or neither where there may be a new one. */
  record Place(DiskNode directory, String name, @Nullable DiskNode node, int error) {
    static Place failed(DiskNode directory, Errno errno) {
      return new Place(directory, "", null, errno.negated());
    }

    /** 0 or an error, with {@code ENOENT} where there is nothing. */
    int errorIfMissing() {
      return error < 0 ? error : node == null ? Errno.ENOENT.negated() : 0;
    }
  }

  /** A name that was given to a node, or taken away where that is null. */
  record Naming(DiskNode directory, String name, @Nullable DiskNode node) {}

  private final DiskNode root;

  /** Changes of names that are not on the device; each has what happens at once. */
  private final List<List<Naming>> journal = new ArrayList<>();

  private long nextInode = 2;

  Disk() {
    root = new DiskNode(1, FileStatus.DIRECTORY, 0755);
    DiskNode temporary = create(FileStatus.DIRECTORY, 0777, 0);
    name(List.of(new Naming(root, "tmp", temporary)));
    sync(root);
  }

  DiskNode root() {
    return root;
  }

  DiskNode create(int type, int permissions, long nowNanos) {
    DiskNode node = new DiskNode(nextInode++, type, permissions);
    node.modifiedNanos = nowNanos;
    node.changedNanos = nowNanos;
    return node;
  }

  /** Makes changes of names, all at once. */
  void name(List<Naming> changes) {
    for (Naming change : changes) {
      DiskNode before =
          change.node == null
              ? change.directory.children.remove(change.name)
              : change.directory.children.put(change.name, change.node);
      if (before != null) {
        before.links--;
      }
      if (change.node != null) {
        change.node.links++;
        change.node.parent = change.directory;
      }
    }
    journal.add(changes);
  }

  void sync(DiskNode node) {
    if (!node.isDirectory()) {
      node.sync();
      return;
    }
    int last = journal.size() - 1;
    while (last >= 0 && journal.get(last).stream().noneMatch(one -> one.directory == node)) {
      last--;
    }
    commit(last + 1);
  }

  /** The first changes get to the device. */
  private void commit(int count) {
    List<List<Naming>> first = journal.subList(0, count);
    for (List<Naming> changes : first) {
      for (Naming change : changes) {
        if (change.node == null) {
          change.directory.durableChildren.remove(change.name);
        } else {
          change.directory.durableChildren.put(change.name, change.node);
        }
      }
    }
    first.clear();
  }

  /**
   * The host has crashed: what was not synced is gone.
   *
   * @param chance which parts of it had got to the device; null for none
   */
  void crash(@Nullable Chance chance) {
    if (chance != null) {
      commit(chance.below(journal.size() + 1));
    }
    journal.clear();
    Set<Long> seen = new TreeSet<>();
    restore(root, chance, seen);
  }

  private static void restore(DiskNode node, @Nullable Chance chance, Set<Long> seen) {
    if (!seen.add(node.inode)) {
      node.links++;
      return;
    }
    node.links = 1;
    if (!node.isDirectory()) {
      if (chance == null) {
        node.lose();
      } else {
        node.tear(chance);
      }
      return;
    }
    node.children.clear();
    node.children.putAll(node.durableChildren);
    node.children.forEach((name, child) -> {
      restore(child, chance, seen);
      child.parent = node;
    });
  }

  /**
   * Follows a path.
   *
   * @param followsLast whether a symbolic link at its end is followed too
   * @param isBelow whether it must not leave {@code from}
   */
  Place find(DiskNode from, String path, boolean followsLast, boolean isBelow) {
    if (path.isEmpty()) {
      return Place.failed(from, Errno.ENOENT);
    }
    return new Walk(from, followsLast, isBelow).along(from, path);
  }

  private final class Walk {
    private final DiskNode base;
    private final boolean followsLast;
    private final boolean isBelow;
    private int links;

    Walk(DiskNode base, boolean followsLast, boolean isBelow) {
      this.base = base;
      this.followsLast = followsLast;
      this.isBelow = isBelow;
    }

    Place along(DiskNode from, String path) {
      if (path.startsWith("/") && isBelow) {
        return Place.failed(from, Errno.EXDEV);
      }
      DiskNode node = path.startsWith("/") ? root : from;
      Place last = new Place(node.parent, ".", node, 0);
      String[] names = path.split("/+", 0);
      for (int i = 0; i < names.length; i++) {
        if (names[i].isEmpty() || names[i].equals(".")) {
          continue;
        }
        last = step(node, names[i], i == names.length - 1 && !path.endsWith("/"));
        if (last.error < 0 || last.node == null) {
          boolean isEarly = last.error == 0 && i < names.length - 1;
          return isEarly ? Place.failed(node, Errno.ENOENT) : last;
        }
        node = last.node;
      }
      boolean mustBeDirectory = path.endsWith("/") && !node.isDirectory();
      return mustBeDirectory ? Place.failed(node, Errno.ENOTDIR) : last;
    }

    private Place step(DiskNode node, String name, boolean isLast) {
      if (!node.isDirectory()) {
        return Place.failed(node, Errno.ENOTDIR);
      }
      if (name.equals("..")) {
        return isBelow && node == base
            ? Place.failed(node, Errno.EXDEV)
            : new Place(node.parent, name, node.parent, 0);
      }
      DiskNode child = node.children.get(name);
      if (child == null || !child.isLink() || (isLast && !followsLast)) {
        return new Place(node, name, child, 0);
      }
      return ++links > MOST_LINKS ? Place.failed(node, Errno.ELOOP) : along(node, child.target);
    }
  }
}
