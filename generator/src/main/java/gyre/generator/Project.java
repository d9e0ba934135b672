package gyre.generator;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The files of a generated project, not written yet. */
public final class Project {
  private final Map<String, String> files;

  Project(Map<String, String> files) {
    this.files = files;
  }

  /** The texts, by their paths below the directory of the project. */
  public Map<String, String> files() {
    return java.util.Collections.unmodifiableMap(files);
  }

  /**
   * Compares with what is in a directory, which need not be there.
   *
   * @throws GeneratorException if something there cannot be read
   */
  public List<FileChange> compare(Path directory) {
    List<FileChange> changes = new ArrayList<>();
    files.forEach((path, text) -> changes.add(compare(directory, Path.of(path), text)));
    return changes;
  }

  private static FileChange compare(Path directory, Path path, String text) {
    Path file = directory.resolve(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return new FileChange(path, FileChange.Kind.NEW, "");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new GeneratorException(file + " is no file: remove it, or choose another directory");
    }
    try {
      String present = Files.readString(file);
      return present.equals(text)
          ? new FileChange(path, FileChange.Kind.SAME, "")
          : new FileChange(path, FileChange.Kind.DIFFERS, LineDiff.of(path, present, text));
    } catch (MalformedInputException e) {
      return new FileChange(path, FileChange.Kind.DIFFERS, "Binary file " + path + " differs\n");
    } catch (IOException e) {
      throw new GeneratorException("cannot read " + file + ": " + e, e);
    }
  }

  /**
   * Writes what is new, and with {@code force} what differs.
   *
   * @return what has been done, or without {@code force} would have to be
   * @throws GeneratorException if something differs and {@code force} is not given, in which case
   *     nothing is written; or if writing fails, in which case some files may have been written,
   *     each of them as a whole
   */
  public List<FileChange> write(Path directory, boolean force) {
    List<FileChange> changes = compare(directory);
    long differing =
        changes.stream().filter(change -> change.kind() == FileChange.Kind.DIFFERS).count();
    if (differing > 0 && !force) {
      throw new GeneratorException(
          differing + " files in " + directory + " differ; nothing was written (--force does it)");
    }
    for (FileChange change : changes) {
      if (change.kind() != FileChange.Kind.SAME) {
        write(directory.resolve(change.path()), files.get(change.path().toString()));
      }
    }
    return changes;
  }

  private static void write(Path file, @org.jspecify.annotations.Nullable String text) {
    assert text != null : "only what is a file of the project is written";
    try {
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      replace(file, text);
    } catch (FileAlreadyExistsException e) {
      throw new GeneratorException(file.getParent() + " is a file, and should be a directory", e);
    } catch (IOException e) {
      throw new GeneratorException("cannot write " + file + ": " + e, e);
    }
  }

  /** Of what was there before, all is kept until all of the new is there: a disk may be full. */
  private static void replace(Path file, String text) throws IOException {
    Path whole = file.resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.writeString(whole, text, StandardCharsets.UTF_8);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      deleteAsFarAsPossible(whole, e);
      throw e;
    }
  }

  private static void deleteAsFarAsPossible(Path file, IOException because) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }
}
