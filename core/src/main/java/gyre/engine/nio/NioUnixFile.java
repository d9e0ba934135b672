package gyre.engine.nio;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Puts a socket that listens in the place of one that is only bound.
 *
 * <p>The JDK binds and listens in one step, so that others could connect before the file has the
 * permissions that it is to have. Therefore the new file is made in a directory that nobody else
 * can enter, gets the permissions of the old one, and then takes its place.
 */
final class NioUnixFile {
  private static final int TRIES_MAX = 100;
  private static final int NAMES = 36 * 36 * 36 * 36;

  private NioUnixFile() {}

  static void bind(ServerSocketChannel server, Path path, int backlog) throws IOException {
    if (Files.getFileAttributeView(path, PosixFileAttributeView.class) == null) {
      boolean ignored = Files.deleteIfExists(path);
      ServerSocketChannel _ = server.bind(UnixDomainSocketAddress.of(path), backlog);
      return;
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    Path directory = makePrivateDirectory(path);
    Path made = directory.resolve("s");
    try {
      ServerSocketChannel _ = server.bind(UnixDomainSocketAddress.of(made), backlog);
      Path _ = Files.setPosixFilePermissions(made, permissions);
      Path _ = Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      boolean _ = Files.deleteIfExists(path); // nobody listens there, and nobody could again
      throw e;
    } finally {
      boolean _ = Files.deleteIfExists(made);
      Files.delete(directory);
    }
  }

  /** Of a short name, since the path of a socket may have some hundred characters only. */
  private static Path makePrivateDirectory(Path path) throws IOException {
    for (int i = 1; ; i++) {
      int name = ThreadLocalRandom.current().nextInt(NAMES);
      try {
        return Files.createDirectory(
            path.resolveSibling("." + Integer.toString(name, Character.MAX_RADIX)),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        if (i == TRIES_MAX) {
          throw e;
        }
      }
    }
  }
}
