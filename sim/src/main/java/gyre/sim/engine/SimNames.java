package gyre.sim.engine;

import gyre.engine.DirectoryEntries;
import gyre.engine.Errno;
import gyre.engine.FileStatus;
import gyre.engine.NameCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of files on the disk of a machine. */
abstract class SimNames implements NameCalls {
  final SimEngine engine;

  SimNames(SimEngine engine) {
    this.engine = engine;
  }

  final Disk disk() {
    return engine.machine().disk();
  }

  final long nowNanos() {
    return engine.machine().dateNanos();
  }

  /** Where relative paths start; null if that is no open directory. */
  abstract @Nullable DiskNode start(int directory);

  /** What an open directory has still to tell; null if it is none. */
  abstract @Nullable ArrayDeque<DirectoryEntries.Entry> listing(int descriptor);

  static String text(byte[] path) {
    return new String(path, StandardCharsets.UTF_8);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  final Disk.Place find(int directory, byte[] path, boolean followsLast, boolean isBelow) {
    DiskNode from = start(directory);
    return from == null
        ? Disk.Place.failed(disk().root(), Errno.EBADF)
        : disk().find(from, text(path), followsLast, isBelow);
  }

  /** A place for a new name. */
  private Disk.Place findFree(int directory, byte[] path) {
    Disk.Place place = find(directory, path, false, false);
    return place.node() != null ? Disk.Place.failed(place.directory(), Errno.EEXIST) : place;
  }

  @Override
  public final int rename(int directory, byte[] path, int toDirectory, byte[] to, int flags) {
    Disk.Place old = find(directory, path, false, false);
    Disk.Place goal = find(toDirectory, to, false, false);
    DiskNode node = old.node();
    DiskNode other = goal.node();
    int error = old.errorIfMissing() < 0 ? old.errorIfMissing() : goal.error();
    if (error < 0 || node == null) {
      return error;
    }
    if (flags == EXCHANGE) {
      if (other == null) {
        return Errno.ENOENT.negated();
      }
      disk()
          .name(
              List.of(
                  new Disk.Naming(old.directory(), old.name(), other),
                  new Disk.Naming(goal.directory(), goal.name(), node)));
      return 0;
    }
    if (other == node) {
      return 0;
    }
    if (other != null) {
      int refused = flags == NO_REPLACE ? Errno.EEXIST.negated() : checkReplaced(node, other);
      if (refused < 0) {
        return refused;
      }
    }
    for (DiskNode up = goal.directory(); up != up.parent; up = up.parent) {
      if (up == node) {
        return Errno.EINVAL.negated();
      }
    }
    disk()
        .name(
            List.of(
                new Disk.Naming(old.directory(), old.name(), null),
                new Disk.Naming(goal.directory(), goal.name(), node)));
    return 0;
  }

  private static int checkReplaced(DiskNode by, DiskNode old) {
    if (old.isDirectory() && !by.isDirectory()) {
      return Errno.EISDIR.negated();
    }
    if (by.isDirectory() && !old.isDirectory()) {
      return Errno.ENOTDIR.negated();
    }
    return old.children.isEmpty() ? 0 : Errno.ENOTEMPTY.negated();
  }

  @Override
  public final int link(int directory, byte[] path, int toDirectory, byte[] to) {
    DiskNode node = start(directory);
    if (path.length > 0) {
      Disk.Place old = find(directory, path, false, false);
      if (old.errorIfMissing() < 0) {
        return old.errorIfMissing();
      }
      node = old.node();
    }
    if (node == null) {
      return Errno.EBADF.negated();
    }
    if (node.isDirectory()) {
      return Errno.EPERM.negated();
    }
    return put(findFree(toDirectory, to), node);
  }

  private int put(Disk.Place place, DiskNode node) {
    if (place.error() == 0) {
      disk().name(List.of(new Disk.Naming(place.directory(), place.name(), node)));
    }
    return place.error();
  }

  @Override
  public final int symlink(byte[] target, int directory, byte[] path) {
    DiskNode node = disk().create(FileStatus.SYMBOLIC_LINK, 0777, nowNanos());
    node.target = text(target);
    return put(findFree(directory, path), node);
  }

  @Override
  public final int unlink(int directory, byte[] path, int flags) {
    Disk.Place place = find(directory, path, false, false);
    DiskNode node = place.node();
    if (place.error() < 0 || node == null) {
      return place.errorIfMissing();
    }
    if (node.isDirectory() != (flags == REMOVE_DIRECTORY)) {
      return node.isDirectory() ? Errno.EISDIR.negated() : Errno.ENOTDIR.negated();
    }
    if (!node.children.isEmpty()) {
      return Errno.ENOTEMPTY.negated();
    }
    disk().name(List.of(new Disk.Naming(place.directory(), place.name(), null)));
    return 0;
  }

  @Override
  public final int makeDirectory(int directory, byte[] path, int mode) {
    return put(findFree(directory, path), disk().create(FileStatus.DIRECTORY, mode, nowNanos()));
  }

  @Override
  public final int readLink(int directory, byte[] path, byte[] into) {
    Disk.Place place = find(directory, path, false, false);
    DiskNode node = place.node();
    if (place.error() < 0 || node == null) {
      return place.errorIfMissing();
    }
    if (!node.isLink()) {
      return Errno.EINVAL.negated();
    }
    byte[] target = bytes(node.target);
    int length = Math.min(target.length, into.length);
    System.arraycopy(target, 0, into, 0, length);
    return length;
  }

  @Override
  public final int list(int descriptor, long address, int length) {
    ArrayDeque<DirectoryEntries.Entry> left = listing(descriptor);
    if (left == null) {
      return Errno.ENOTDIR.negated();
    }
    int used = 0;
    while (!left.isEmpty()) {
      int bytes = DirectoryEntries.put(address + used, length - used, left.peek());
      if (bytes == 0) {
        return used == 0 ? Errno.EINVAL.negated() : used;
      }
      used += bytes;
      left.remove();
    }
    return used;
  }
}
