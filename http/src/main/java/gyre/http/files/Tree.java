package gyre.http.files;

import gyre.Fiber;
import gyre.Loop;
import gyre.file.Directory;
import gyre.file.File;
import gyre.file.FileException;
import gyre.file.FileInfo;
import gyre.file.FileSource;
import gyre.file.OpenOptions;
import gyre.http.HttpException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What is below the directory, as one loop sees it. */
final class Tree {
  private static final long CHECK_NANOS = 1_000_000_000L;
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int ENXIO = 6;
  private static final int EACCES = 13;
  private static final int EXDEV = 18;
  private static final int ENOTDIR = 20;
  private static final int ENAMETOOLONG = 36;
  private static final int ELOOP = 40;

  private final Loop loop;
  private final Path path;
  private final FileOptions options;
  private final OpenOptions reading;
  private final FileCache cache;
  private @Nullable Directory root;

  Tree(Loop loop, Path path, FileOptions options) {
    this.loop = loop;
    this.path = path;
    this.options = options;
    this.reading = OpenOptions.reading().noFollow(!options.followLinks());
    this.cache = new FileCache(options.cacheBytes());
  }

  /** One that needs no look at the file system. */
  @Nullable Stored fresh(String name) {
    Stored known = cache.get(name);
    return known != null && loop.nanoTime() - known.checkedNanos < CHECK_NANOS ? known : null;
  }

  /** Open for as long as the loop lives, whoever asks first. */
  private Directory root() {
    Directory known = root;
    if (known != null) {
      return known;
    }
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    Fiber<?> opening =
        loop.start(
            "opening " + path,
            () -> {
              try {
                Directory opened = Directory.open(path);
                if (root == null) {
                  root = opened;
                } else {
                  opened.close(); // somebody else was faster
                }
              } catch (FileException e) {
                failure.set(e);
              }
            });
    Fiber.await(opening.end());
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return Objects.requireNonNull(root, "root");
  }

  /** Opens a file; null if there is none. The caller closes it. */
  Stored.@Nullable Opened open(String name) {
    File file;
    try {
      file = root().openFile(name, reading);
    } catch (FileException e) {
      if (isNothing(e)) {
        return null;
      }
      throw e;
    }
    try {
      return new Stored.Opened(file, file.info());
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private static boolean isNothing(FileException e) {
    return switch (e.errno()) {
      case ENOENT, ENOTDIR, ENXIO, ENAMETOOLONG, ELOOP, EXDEV -> true;
      case EACCES, EPERM -> throw new HttpException(403, "");
      default -> false;
    };
  }

  /** What is known of an open file: from the cache if that is still so, or read into it. */
  Stored look(String name, Stored.Opened opened, String tagEnd) {
    Stored known = cache.get(name);
    long now = loop.nanoTime();
    if (known != null && known.isStill(opened.info())) {
      known.checkedNanos = now;
      return known;
    }
    cache.remove(name);
    FileInfo info = opened.info();
    Stored unread = new Stored(name, info, tagEnd, null);
    if (info.sizeBytes() > options.cachedFileBytes()
        || options.cacheBytes() == 0
        || !unread.isSettled(loop.clock().instant())) {
      return unread;
    }
    byte[] content;
    try (FileSource source = opened.file().source()) {
      content = source.readAll(options.cachedFileBytes() + 1);
    }
    Stored read = new Stored(name, info, tagEnd, content);
    if (content.length == info.sizeBytes() && read.isStill(opened.file().info())) {
      read.checkedNanos = now;
      cache.put(read);
      return read;
    }
    return unread; // it is being written: sent as it comes
  }

  Directory directory(String name) {
    return root().openDirectory(name.isEmpty() ? "." : name, options.followLinks());
  }
}
