package gyre.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file that binding a Unix socket has made. A path says little about who owns it: a successor
 * may have deleted the file and bound the same path meanwhile. So what is deleted is the file that
 * was seen after binding, and nothing else that has come to its place.
 *
 * <p>The number of a file is its own for as long as the socket is open, since the socket holds the
 * file. That is why {@link #deleteIfSame} belongs before the closing.
 */
final class SocketFile {
  /** {@link PosixFilePermission} lists them in the order of their bits, beginning with this. */
  private static final int OWNER_READ_BIT = 0400;

  private final Path path;

  /** What tells files apart; null where there was none any more right after binding. */
  private final @Nullable Object key;

  private SocketFile(Path path, @Nullable Object key) {
    this.path = path;
    this.key = key;
  }

  static SocketFile of(Path path) {
    return new SocketFile(path, key(path));
  }

  /**
   * Sets the permissions of the file, or else deletes it. One that is gone needs none: nobody can
   * connect by it.
   *
   * @param bits as in {@code 0600}
   */
  static void permit(Path path, int bits) throws IOException {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    int bit = OWNER_READ_BIT;
    for (PosixFilePermission each : PosixFilePermission.values()) { // in the order of the bits
      if ((bits & bit) != 0) {
        boolean isNew = permissions.add(each);
        assert isNew;
      }
      bit >>= 1;
    }
    try {
      Path _ = Files.setPosixFilePermissions(path, permissions);
    } catch (NoSuchFileException gone) {
      return;
    } catch (IOException | UnsupportedOperationException e) {
      boolean ignored = Files.deleteIfExists(path);
      throw e instanceof IOException known ? known : new IOException("not on this system", e);
    }
  }

  private static @Nullable Object key(Path path) {
    try {
      Object key =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .fileKey();
      // Windows tells no files apart: there the path has to do.
      return key == null ? path : key;
    } catch (IOException gone) {
      return null;
    }
  }

  /**
   * Between looking and deleting there is a moment in which a successor could still bind: no system
   * offers both in one step.
   */
  void deleteIfSame() throws IOException {
    if (key != null && key.equals(key(path))) {
      try {
        Files.delete(path);
      } catch (NoSuchFileException gone) {
        // Somebody else did it in that moment.
      }
    }
  }
}
