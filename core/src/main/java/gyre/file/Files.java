package gyre.file;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What one does with files by their paths. Each call parks the fiber until it is done.
 *
 * <p>Cancellation is that of {@link File}: a call that was quicker has its effect.
 */
public final class Files {
  private static final int DIRECTORY_PERMISSIONS = 0777;

  private Files() {}

  // ---- content

  /**
   * All bytes of a file.
   *
   * @throws gyre.io.LimitExceededException if it has more than the limit
   */
  public static byte[] readAll(Path path, int limitBytes) {
    try (File file = File.open(path);
        FileSource source = file.source()) {
      return source.readAll(limitBytes);
    }
  }

  /** All of a file, as UTF-8: see {@link #readAll}. */
  public static String readText(Path path, int limitBytes) {
    return new String(readAll(path, limitBytes), StandardCharsets.UTF_8);
  }

  /**
   * Writes a file, and replaces what it had. A crash in the middle leaves a part of it: {@link
   * DurableFile#replace} does not.
   */
  public static void write(Path path, byte[] content) {
    OpenOptions options = OpenOptions.writing().create(true).truncate(true);
    try (File file = File.open(path, options)) {
      file.write(ByteBuffer.wrap(content), 0);
    }
  }

  /** The same for text, as UTF-8. */
  public static void write(Path path, String content) {
    write(path, content.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Copies a file to a new one with the same permissions, in the way that {@link FileCopy} says. If
   * it fails, the new one is deleted again.
   *
   * @return how many bytes
   * @throws FileException if there is something at the target already ({@link
   *     FileException#isExisting}), among others
   */
  public static long copy(Path from, Path to) {
    OpenOptions making = OpenOptions.writing().createNew(true);
    try (File source = File.open(from)) {
      FileInfo info = source.info();
      try (File target = File.open(to, making.permissions(info.permissions()))) {
        return copy(source, target, to);
      }
    }
  }

  /**
   * Copies over a file that may be there, in place: it keeps its inode, its permissions and its
   * other names, and whoever has it open sees the change. What it had is dropped at once, so a
   * failure or a crash in the middle leaves a part of the new: {@link DurableFile#copy} replaces it
   * whole.
   *
   * @return how many bytes
   */
  public static long copyInto(Path from, Path to) {
    OpenOptions making = OpenOptions.writing().create(true);
    try (File source = File.open(from)) {
      FileInfo info = source.info();
      try (File target = File.open(to, making.permissions(info.permissions()))) {
        if (target.info().isSameFile(info)) {
          throw FileException.of("copy " + from + " to", to.toString(), "they are the same file");
        }
        target.truncate(0);
        return FileCopy.copy(source, target);
      }
    }
  }

  private static long copy(File source, File target, Path to) {
    try {
      return FileCopy.copy(source, target);
    } catch (Throwable failed) {
      Names.unlinkUncancelled(Names.Place.of(to), failed);
      throw failed;
    }
  }

  // ---- what is there

  /** What a file is; of a symbolic link what it leads to. */
  public static FileInfo info(Path path) {
    return Names.info(Names.Place.of(path), false);
  }

  /** What a file is; a symbolic link is one itself. */
  public static FileInfo linkInfo(Path path) {
    return Names.info(Names.Place.of(path), true);
  }

  /** Whether there is something of that name, and all links on the way lead somewhere. */
  public static boolean exists(Path path) {
    int result = Names.tryStat(Names.Place.of(path), false);
    if (result == Errno.ENOENT.negated() || result == Errno.ENOTDIR.negated()) {
      return false;
    }
    if (result < 0) {
      throw FileException.of("ask about", path.toString(), result);
    }
    return true;
  }

  /** Changes the permissions, as in {@code 0640}. */
  public static void permissions(Path path, int permissions) {
    Names.Place name = Names.Place.of(path);
    Names.call(
        Names.PERMISSIONS,
        name,
        calls -> calls.changeMode(name.directory(), name.path(), permissions));
  }

  /** Changes user and group by their numbers; -1 leaves one as it is. */
  public static void owner(Path path, int user, int group) {
    Names.Place name = Names.Place.of(path);
    Names.call(
        Names.OWNER, name, calls -> calls.changeOwner(name.directory(), name.path(), user, group));
  }

  /** Sets when the content was changed last, as far as the file system can keep that. */
  public static void modified(Path path, Instant time) {
    Names.Place name = Names.Place.of(path);
    long nanos = FileInfo.nanos(time);
    Names.call(
        Names.TIMES,
        name,
        calls -> calls.changeTimes(name.directory(), name.path(), FileCalls.KEEP_TIME, nanos));
  }

  /** The names in a directory. Close the listing when it is no longer needed. */
  public static DirectoryListing list(Path directory) {
    return new DirectoryListing(Directory.open(directory));
  }

  // ---- names

  /** Renames a file or directory; a file that has the new name already is replaced at once. */
  public static void rename(Path from, Path to) {
    Names.rename(Names.Place.of(from), Names.Place.of(to), 0);
  }

  /** As {@link #rename}, but refuses with {@code EEXIST} to replace something. Not on NIO. */
  public static void renameNew(Path from, Path to) {
    Names.rename(Names.Place.of(from), Names.Place.of(to), FileCalls.NO_REPLACE);
  }

  /** Gives each of two the name of the other, at once. Not on NIO. */
  public static void exchange(Path one, Path other) {
    Names.rename(Names.Place.of(one), Names.Place.of(other), FileCalls.EXCHANGE);
  }

  /** Gives a further name to a file, on the same file system. */
  public static void createLink(Path name, Path existing) {
    Names.link(Names.Place.of(existing), Names.Place.of(name));
  }

  /** Makes a symbolic link; what it leads to is taken as it is, and need not be there. */
  public static void createSymbolicLink(Path name, Path target) {
    Names.symlink(target.toString(), Names.Place.of(name));
  }

  /** What a symbolic link leads to. */
  public static Path readSymbolicLink(Path name) {
    return Path.of(Names.readLink(Names.Place.of(name)));
  }

  public static void createDirectory(Path path) {
    Names.makeDirectory(Names.Place.of(path), DIRECTORY_PERMISSIONS);
  }

  /** Makes a directory, and those above it that are missing. Has no effect if it is there. */
  public static void createDirectories(Path path) {
    int result = Names.tryMakeDirectory(Names.Place.of(path), DIRECTORY_PERMISSIONS);
    Path parent = path.getParent();
    if (result == Errno.ENOENT.negated() && parent != null) {
      createDirectories(parent);
      result = Names.tryMakeDirectory(Names.Place.of(path), DIRECTORY_PERMISSIONS);
    }
    if (result == Errno.EEXIST.negated() && info(path).isDirectory()) {
      return;
    }
    if (result < 0) {
      throw FileException.of("create directory", path.toString(), result);
    }
  }

  /** Deletes the name of a file, a symbolic link or anything that is no directory. */
  public static void delete(Path path) {
    Names.unlink(Names.Place.of(path), 0);
  }

  /** The same; false if there was none. */
  public static boolean deleteIfExists(Path path) {
    int result = Names.tryUnlink(Names.Place.of(path), 0);
    if (result < 0 && result != Errno.ENOENT.negated()) {
      throw FileException.of("delete", path.toString(), result);
    }
    return result == 0;
  }

  /** Deletes a directory, which must be empty. */
  public static void deleteDirectory(Path path) {
    Names.unlink(Names.Place.of(path), FileCalls.REMOVE_DIRECTORY);
  }

  /**
   * Deletes a file, or a directory with all that is in it. Symbolic links are deleted and never
   * followed, whoever changes what meanwhile. Has no effect if there is nothing.
   *
   * @return how many names were deleted
   */
  public static long deleteTree(Path path) {
    return DeleteTree.run(path);
  }
}
