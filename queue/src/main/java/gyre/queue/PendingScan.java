package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks at {@code pending/} and the directories of priorities in it. The directory is the truth.
 */
final class PendingScan {
  private PendingScan() {}

  /** Tells of each entry, and returns how many there are. */
  static long scan(Spool spool, Consumer<EntryName> found) throws IOException {
    long[] count = {0};
    scanWhile(
        spool,
        name -> {
          found.accept(name);
          count[0]++;
          return true;
        });
    return count[0];
  }

  /** Tells of entries until {@code found} says false. */
  static void scanWhile(Spool spool, Predicate<EntryName> found) throws IOException {
    boolean goesOn = scanOne(spool.pending, 0, found);
    for (int i = EntryName.FIRST_PRIORITY; i <= EntryName.LAST_PRIORITY && goesOn; i++) {
      Path directory = spool.pending.resolve(String.valueOf(i));
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        goesOn = scanOne(directory, i, found);
      }
    }
  }

  private static boolean scanOne(Path directory, int priority, Predicate<EntryName> found)
      throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (EntryName.isIgnored(name) || (priority == 0 && isDirectoryOfPriority(file, name))) {
          continue;
        }
        if (!found.test(EntryName.of(file, priority))) {
          return false;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return true;
  }

  /** Of the directories {@code 1} to {@code 10}; 0 for any other name. */
  static int directoryPriority(String name) {
    if (name.length() == 1 && name.charAt(0) >= '1' && name.charAt(0) <= '9') {
      return name.charAt(0) - '0';
    }
    return name.equals("10") ? EntryName.LAST_PRIORITY : 0;
  }

  private static boolean isDirectoryOfPriority(Path file, String name) {
    return directoryPriority(name) > 0 && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** What an event of the watcher is about, as a scan would find it; null if it is no entry. */
  static @Nullable EntryName ofEvent(Spool spool, Path path) {
    String name = String.valueOf(path.getFileName());
    if (EntryName.isIgnored(name)) {
      return null;
    }
    Path parent = path.getParent();
    if (spool.pending.equals(parent)) {
      return directoryPriority(name) > 0 ? null : EntryName.of(path);
    }
    if (parent != null && spool.pending.equals(parent.getParent())) {
      int priority = directoryPriority(String.valueOf(parent.getFileName()));
      return priority == 0 ? null : EntryName.of(path, priority);
    }
    return null;
  }
}
