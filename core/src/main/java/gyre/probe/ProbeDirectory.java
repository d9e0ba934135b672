package gyre.probe;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory in which the processes of a user tell of themselves. Whoever writes into it or
 * reads from it has it checked before: {@code /tmp} is for all users, and another one may have made
 * a directory of that name first.
 */
public final class ProbeDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> OURS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /**
   * Those where room that was allocated is there for good. Others write each page anew when it
   * changes: on a full disk a store into a mapped page would then end the process.
   */
  private static final Set<String> SAFE_FILE_SYSTEMS =
      Set.of("tmpfs", "ramfs", "ext2", "ext3", "ext4", "xfs");

  private ProbeDirectory() {}

  /**
   * Where it is, whether there is one or not: as {@code -Dgyre.insight.directory=} says, else
   * {@code /tmp/gyre-USER}. If another user has that, or the file system is one where pages may
   * have no room, it is below {@code /dev/shm} or {@code $XDG_RUNTIME_DIR}.
   */
  public static Path path() {
    String name = "gyre-" + System.getProperty("user.name", "unknown");
    return path(
        System.getProperty("gyre.insight.directory"),
        Path.of("/tmp", name),
        Path.of("/dev/shm", name),
        System.getenv("XDG_RUNTIME_DIR"));
  }

  static Path path(
      @Nullable String said, Path usual, Path inMemory, @Nullable String runtimeDirectory) {
    if (said != null) {
      return Path.of(said);
    }
    if (isUsable(usual)) {
      return usual;
    }
    if (isUsable(inMemory)) {
      return inMemory;
    }
    boolean hasOther = runtimeDirectory != null && !runtimeDirectory.isEmpty();
    Path other = hasOther ? Path.of(runtimeDirectory, "gyre") : usual;
    return isUsable(other) ? other : usual;
  }

  private static boolean isUsable(Path directory) {
    return !isForeign(directory) && isSafe(directory);
  }

  /** Whether a store into a mapped file there can't fail for want of room. */
  static boolean isSafe(Path directory) {
    Path present = directory;
    while (present != null && !Files.exists(present)) {
      present = present.getParent();
    }
    if (present == null || !Files.exists(Path.of("/proc/self"))) {
      return present != null; // another system: nobody knows
    }
    try {
      return SAFE_FILE_SYSTEMS.contains(Files.getFileStore(present).type());
    } catch (IOException | SecurityException e) {
      return false;
    }
  }

  private static boolean isForeign(Path directory) {
    try {
      check(directory);
      return false;
    } catch (IOException | UnsupportedOperationException e) {
      return true;
    }
  }

  /**
   * For readers: the same directory, which may be missing.
   *
   * @throws IOException if it is one that others could have prepared
   */
  public static Path checked() throws IOException {
    Path directory = path();
    check(directory);
    return directory;
  }

  /** For the writer: makes it where it is missing. */
  static void prepare(@Nullable Path directory) throws IOException {
    if (directory == null) {
      throw new IOException("it has no directory");
    }
    if (System.getProperty("gyre.insight.directory") == null && !isSafe(directory)) {
      throw new IOException("its file system may have no room where a page is written to");
    }
    try {
      Path ignored = Files.createDirectory(directory, OURS_ALONE);
    } catch (FileAlreadyExistsException e) {
      check(directory);
    }
  }

  /**
   * Whether only this user can have written into it. One that is missing is fine.
   *
   * @throws IOException if not; the message says why
   */
  public static void check(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(directory + " is no directory");
    }
    Path own = Path.of("/proc/self");
    if (Files.exists(own)
        && !Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS)
            .equals(Files.getAttribute(own, "unix:uid"))) {
      throw new IOException(
          directory
              + " belongs to another user; say a directory of your own by"
              + " -Dgyre.insight.directory=");
    }
    Set<PosixFilePermission> rights =
        Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
    if (rights.stream().anyMatch(right -> !right.name().startsWith("OWNER"))) {
      throw new IOException("others may enter " + directory + ": run chmod 700 " + directory);
    }
  }
}
