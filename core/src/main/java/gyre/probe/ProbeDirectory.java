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

  private ProbeDirectory() {}

  /**
   * Where it is, whether there is one or not: as {@code -Dgyre.insight.directory=} says, else
   * {@code /tmp/gyre-USER}; and if another user has that, below {@code $XDG_RUNTIME_DIR}.
   */
  public static Path path() {
    return path(
        System.getProperty("gyre.insight.directory"),
        Path.of("/tmp", "gyre-" + System.getProperty("user.name", "unknown")),
        System.getenv("XDG_RUNTIME_DIR"));
  }

  static Path path(@Nullable String said, Path usual, @Nullable String runtimeDirectory) {
    if (said != null) {
      return Path.of(said);
    }
    if (runtimeDirectory != null && !runtimeDirectory.isEmpty() && isForeign(usual)) {
      return Path.of(runtimeDirectory, "gyre");
    }
    return usual;
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
