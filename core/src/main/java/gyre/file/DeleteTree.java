package gyre.file;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import java.nio.file.Path;

/**
 * Deletes a tree. Each directory is opened by its name below the one that it is in, and never by a
 * path: so nobody can have it leave the tree by putting a link into its way.
 */
final class DeleteTree {
  /** A directory is open on each level. */
  private static final int MOST_LEVELS = 500;

  /** How often a directory that others fill is gone through. */
  private static final int MOST_PASSES = 100;

  private long deleted;

  private DeleteTree() {}

  static long run(Path path) {
    DeleteTree run = new DeleteTree();
    Names.Place place = Names.Place.of(path);
    int result = Names.tryUnlink(place, 0);
    if (isDirectory(result)) {
      try (Directory directory = Directory.open(path, false)) {
        run.empty(directory, 1);
      }
      Names.unlink(place, FileCalls.REMOVE_DIRECTORY);
      result = 0;
    }
    if (result < 0 && result != Errno.ENOENT.negated()) {
      throw FileException.of("delete", path.toString(), result);
    }
    return run.deleted + (result == 0 ? 1 : 0);
  }

  /** What unlinking a directory answers: not the same on every file system. */
  private static boolean isDirectory(int result) {
    return result == Errno.EISDIR.negated() || result == Errno.EPERM.negated();
  }

  /** Some file systems skip names while others are deleted: until there are none. */
  private void empty(Directory directory, int level) {
    if (level > MOST_LEVELS) {
      throw FileException.of(
          "delete", directory.path(), "is more than " + MOST_LEVELS + " levels deep");
    }
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      if (!deleteAll(directory, level)) {
        return;
      }
    }
    throw FileException.of(
        "delete", directory.path(), "is filled by somebody else while it is deleted");
  }

  /** Whether there was something. */
  private boolean deleteAll(Directory directory, int level) {
    boolean hasNames = false;
    try (DirectoryListing names = directory.list()) {
      for (DirectoryEntry entry = names.next(); entry != null; entry = names.next()) {
        hasNames = true;
        delete(directory, entry.rawName(), level);
      }
    }
    return hasNames;
  }

  private void delete(Directory directory, byte[] name, int level) {
    Names.Place place = directory.place(name);
    int result = Names.tryUnlink(place, 0);
    if (isDirectory(result)) {
      try (Directory child = directory.openChild(name)) {
        empty(child, level + 1);
      }
      result = Names.tryUnlink(place, FileCalls.REMOVE_DIRECTORY);
    }
    if (result == 0) {
      deleted++;
    } else if (result != Errno.ENOENT.negated() && result != Errno.ENOTEMPTY.negated()) {
      throw FileException.of("delete", place.subject(), result);
    }
  }
}
