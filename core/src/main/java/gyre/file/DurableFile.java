package gyre.file;

import gyre.Cancellation;
import gyre.Loop;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the content of a file so that it is whole at every moment, whatever crashes when:
 * readers see the old one or the new one, and once {@code replace} has returned the new one stays.
 *
 * <p>The new content goes into a temporary file in the same directory, which is synced, gets the
 * name by a rename, and then the directory is synced. Each of the four is needed: without the first
 * sync a crash may leave the new name with no content, without the second the old content.
 *
 * <p>If it fails, or is cancelled, before the rename, the old content stays and the temporary file
 * is deleted. The last two steps are not cancelled. A crash may leave a temporary file, whose name
 * begins with {@code .} and ends with {@code .tmp}.
 */
public final class DurableFile {
  private static final int ATTEMPTS = 100;
  private static final int OWNER_ONLY = 0700;

  /** Of a longer name only the beginning goes into that of the temporary file: 255 is the most. */
  private static final int LONG_NAME_BYTES = 200;

  private static final int NAME_CHARACTERS = LONG_NAME_BYTES / 4;
  private static final Duration LAST_STEPS_LIMIT = Duration.ofSeconds(60);

  /** Writes the new content. */
  public interface Writer {
    void write(FileSink sink) throws Exception;
  }

  /** Fills a new file. */
  private interface Content {
    void writeTo(File file) throws Exception;
  }

  private final Directory directory;
  private final String name;

  private DurableFile(Directory directory, String name) {
    this.directory = directory;
    this.name = name;
  }

  public static void replace(Path path, byte[] content) throws Exception {
    replace(path, sink -> sink.write(ByteBuffer.wrap(content)));
  }

  /**
   * The same with content that is made as it is written.
   *
   * @throws Exception what the writer throws, or {@link FileException}
   */
  public static void replace(Path path, Writer content) throws Exception {
    replace(
        path,
        null,
        file -> {
          try (FileSink sink = file.sink(0)) {
            content.write(sink);
          }
        });
  }

  /**
   * Replaces the content by a copy of another file, in the way that {@link FileCopy} says, with the
   * permissions of that.
   *
   * @return how many bytes
   */
  public static long copy(Path from, Path to) {
    long[] bytes = {0};
    try (File source = File.open(from)) {
      FileInfo info = source.info();
      replace(to, info, file -> bytes[0] = FileCopy.copy(source, file));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception impossible) {
      throw new AssertionError("a copy throws no checked exception", impossible);
    }
    return bytes[0];
  }

  /**
   * @param like who decides on the permissions, or null for the file that is replaced
   */
  private static void replace(Path path, @Nullable FileInfo like, Content content)
      throws Exception {
    Path name = path.getFileName();
    if (name == null) {
      throw new IllegalArgumentException("\"" + path + "\" has no name that a file could have");
    }
    try (Directory directory = Directory.open(Paths.parent(path))) {
      DurableFile replaced = new DurableFile(directory, name.toString());
      replaced.replaceBy(content, like == null ? replaced.old() : like);
    }
  }

  private void replaceBy(Content content, @Nullable FileInfo like) throws Exception {
    Creation creation = create(like);
    try (File file = creation.file) {
      content.writeTo(file);
      if (like != null) {
        file.permissions(like.permissions());
      }
      file.sync();
    } catch (Throwable failed) {
      delete(creation.name, failed);
      throw failed;
    }
    finish(creation.name);
  }

  private void finish(String temporary) throws Exception {
    boolean[] isRenamed = {false};
    try {
      Cancellation.current().check();
      Cancellation.shield(
          LAST_STEPS_LIMIT,
          () -> {
            directory.rename(temporary, name);
            isRenamed[0] = true;
            directory.sync();
          });
    } catch (Throwable failed) {
      if (!isRenamed[0]) {
        delete(temporary, failed);
      }
      throw failed;
    }
  }

  private record Creation(String name, File file) {}

  /** A new file of a name that nobody has, which nobody may read who may not read the old one. */
  private Creation create(@Nullable FileInfo like) {
    OpenOptions options = OpenOptions.writing().createNew(true);
    if (like != null) {
      options = options.permissions(like.permissions() & OWNER_ONLY);
    }
    boolean isLong = Paths.bytes(name).length > LONG_NAME_BYTES;
    String part = isLong ? name.substring(0, Math.min(NAME_CHARACTERS, name.length())) : name;
    long start = Loop.current().nanoTime();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      String candidate = "." + part + "." + Long.toString(start + attempt, 36) + ".tmp";
      try {
        return new Creation(candidate, directory.openChildFile(candidate, options));
      } catch (FileException e) {
        if (!e.isExisting()) {
          throw e;
        }
      }
    }
    throw FileException.of(
        "replace",
        directory.path() + "/" + name,
        "no name for a temporary file beside it was free; delete ." + part + ".*.tmp");
  }

  /** The file that is replaced, if there is one. */
  private @Nullable FileInfo old() {
    try {
      return directory.info(name);
    } catch (FileException e) {
      if (e.isMissing()) {
        return null;
      }
      throw e;
    }
  }

  private void delete(String temporary, Throwable failed) {
    Names.unlinkUncancelled(directory.place(Paths.bytes(temporary)), failed);
  }
}
