package gyre.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Is told of what a directory holds. */
@FunctionalInterface
public interface DirectoryVisitor {
  /** A file that was written so shortly ago may be written again without that its time tells. */
  long RACY_MILLIS = 20;

  /**
   * There is something of that name.
   *
   * @param stamp changes when the content of a file does; and maybe once more, if it had changed
   *     just before somebody looked
   */
  void found(String name, boolean isDirectory, long stamp);

  /** Tells of everything in a directory, by the JDK. 0 or a negative errno. */
  static int visit(Path directory, DirectoryVisitor visitor) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path each : entries) {
        visitEntry(each, visitor);
      }
      return 0;
    } catch (DirectoryIteratorException e) {
      return result(e.getCause());
    } catch (IOException e) {
      return result(e);
    }
  }

  private static void visitEntry(Path entry, DirectoryVisitor visitor) throws IOException {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // deleted since
    }
    long ageMillis = System.currentTimeMillis() - found.lastModifiedTime().toMillis();
    long stamp = found.lastModifiedTime().to(TimeUnit.NANOSECONDS) * 31 + found.size();
    Object key = found.fileKey();
    stamp = stamp * 31 + (key == null ? 0 : key.hashCode());
    stamp = stamp * 2 + (ageMillis < RACY_MILLIS ? 1 : 0);
    visitor.found(String.valueOf(entry.getFileName()), found.isDirectory(), stamp);
  }

  private static boolean isOutOfDescriptors(FileSystemException e) {
    String reason = e.getReason();
    return reason != null && reason.startsWith("Too many open files");
  }

  private static int result(@Nullable IOException e) {
    return switch (e) {
      case null -> Errno.EIO.negated();
      case NoSuchFileException _ -> Errno.ENOENT.negated();
      case NotDirectoryException _ -> Errno.ENOTDIR.negated();
      case AccessDeniedException _ -> Errno.EACCES.negated();
      case FileSystemException failed when isOutOfDescriptors(failed) -> Errno.EMFILE.negated();
      default -> Errno.EIO.negated();
    };
  }
}
