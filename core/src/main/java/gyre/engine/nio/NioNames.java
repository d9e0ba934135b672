package gyre.engine.nio;

import gyre.engine.DirectoryEntries;
import gyre.engine.Errno;
import gyre.engine.FileStatus;
import gyre.engine.NameCalls;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names of files as the JDK has them. It knows no directory but by its path: whoever opens one and
 * then moves it has relative paths start at the old place.
 */
abstract class NioNames implements NameCalls {
  private static final Charset CHARSET = charset();

  private static Charset charset() {
    String encoding = System.getProperty("sun.jnu.encoding");
    return encoding != null && Charset.isSupported(encoding)
        ? Charset.forName(encoding)
        : StandardCharsets.UTF_8;
  }

  /** What an open directory has still to tell. */
  static final class Listing {
    private final DirectoryStream<Path> stream;
    private final Iterator<Path> names;

    /** Taken, and there was no room for it. */
    private DirectoryEntries.@Nullable Entry waiting;

    @SuppressWarnings("StreamResourceLeak") // closed with the descriptor
    Listing(Path directory) throws IOException {
      stream = Files.newDirectoryStream(directory);
      names = stream.iterator();
    }

    int fill(long address, int length) throws IOException {
      int used = 0;
      try {
        while (waiting != null || names.hasNext()) {
          DirectoryEntries.Entry entry = waiting != null ? waiting : entry(names.next());
          waiting = entry;
          int bytes = DirectoryEntries.put(address + used, length - used, entry);
          if (bytes == 0) {
            return used == 0 ? Errno.EINVAL.negated() : used;
          }
          used += bytes;
          waiting = null;
        }
      } catch (DirectoryIteratorException failed) {
        throw failed.getCause();
      }
      return used;
    }

    private static DirectoryEntries.Entry entry(Path path) {
      int type =
          Files.isSymbolicLink(path)
              ? FileStatus.SYMBOLIC_LINK
              : Files.isDirectory(path) ? FileStatus.DIRECTORY : 0;
      if (type == 0 && Files.isRegularFile(path)) {
        type = FileStatus.REGULAR;
      }
      return new DirectoryEntries.Entry(bytes(path.getFileName()), type, 0);
    }

    void close() throws IOException {
      stream.close();
    }
  }

  /** A path that starts at an open directory. */
  abstract Path at(int directory, byte[] path) throws IOException;

  abstract Listing listing(int descriptor) throws IOException;

  static Path path(byte[] path) {
    return Path.of(new String(path, CHARSET));
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(CHARSET);
  }

  static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read downwards
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        set.add(all[bit]);
      }
    }
    return set;
  }

  static boolean hasPermissions(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  static FileAttribute<?>[] attributes(Path file, int mode) {
    return hasPermissions(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions(mode))}
        : new FileAttribute<?>[0];
  }

  /** Something that the JDK does, or throws. */
  interface Action {
    int run() throws IOException;
  }

  static int result(Action action) {
    try {
      return action.run();
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** Without replacing is not offered: the JDK looks first, and somebody may come in between. */
  @Override
  public final int rename(int directory, byte[] path, int toDirectory, byte[] to, int flags) {
    if (flags != 0) {
      return Errno.EOPNOTSUPP.negated();
    }
    return result(() -> {
      Path ignored =
          Files.move(at(directory, path), at(toDirectory, to), StandardCopyOption.ATOMIC_MOVE);
      return 0;
    });
  }

  @Override
  public final int link(int directory, byte[] path, int toDirectory, byte[] to) {
    if (path.length == 0) {
      return Errno.EOPNOTSUPP.negated();
    }
    return result(() -> {
      Path ignored = Files.createLink(at(toDirectory, to), at(directory, path));
      return 0;
    });
  }

  @Override
  public final int symlink(byte[] target, int directory, byte[] path) {
    return result(() -> {
      Path ignored = Files.createSymbolicLink(at(directory, path), path(target));
      return 0;
    });
  }

  @Override
  public final int unlink(int directory, byte[] path, int flags) {
    return result(() -> {
      Path file = at(directory, path);
      boolean isDirectory = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
      if (isDirectory != (flags == REMOVE_DIRECTORY) && Files.exists(file)) {
        return isDirectory ? Errno.EISDIR.negated() : Errno.ENOTDIR.negated();
      }
      Files.delete(file);
      return 0;
    });
  }

  @Override
  public final int makeDirectory(int directory, byte[] path, int mode) {
    return result(() -> {
      Path made = at(directory, path);
      Path ignored = Files.createDirectory(made, attributes(made, mode));
      return 0;
    });
  }

  @Override
  public final int readLink(int directory, byte[] path, byte[] into) {
    return result(() -> {
      byte[] target = bytes(Files.readSymbolicLink(at(directory, path)));
      int length = Math.min(target.length, into.length);
      System.arraycopy(target, 0, into, 0, length);
      return length;
    });
  }

  @Override
  public final int list(int descriptor, long address, int length) {
    return result(() -> listing(descriptor).fill(address, length));
  }

  static void checkIsDirectory(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      if (Files.exists(path)) {
        throw new NotDirectoryException(path.toString());
      }
      throw new java.nio.file.NoSuchFileException(path.toString());
    }
  }
}
