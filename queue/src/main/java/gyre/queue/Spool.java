package gyre.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;

/**
 * The directories of a queue, and the few steps that files take between them. A file is in exactly
 * one directory, and a rename is what moves it:
 *
 * <pre>
 * tmp → pending → processing → completed | failed | delayed → pending
 * </pre>
 *
 * <p>Calls block: they are made by the worker's own thread, or by whoever enqueues.
 */
final class Spool {
  static final String DEFAULT_DIRECTORY = ".hive-mind/queue";
  private static final int COLLISIONS_LIMIT = 1000;

  final Path base;
  final Path tmp;
  final Path pending;
  final Path processing;
  final Path completed;
  final Path failed;
  final Path delayed;
  final Path unique;
  final Path batches;

  Spool(Path base) {
    this.base = base.toAbsolutePath().normalize();
    this.tmp = this.base.resolve("tmp");
    this.pending = this.base.resolve("pending");
    this.processing = this.base.resolve("processing");
    this.completed = this.base.resolve("completed");
    this.failed = this.base.resolve("failed");
    this.delayed = this.base.resolve("delayed");
    this.unique = this.base.resolve("unique");
    this.batches = this.base.resolve("batches");
  }

  List<Path> directories() {
    return List.of(tmp, pending, processing, completed, failed, delayed, unique, batches);
  }

  /** Makes what is missing, and has it on the device. What is there stays as it is. */
  void create() throws IOException {
    boolean isComplete = true;
    for (Path each : directories()) {
      if (!Files.isDirectory(each)) {
        isComplete = false;
        Files.createDirectories(each);
      }
    }
    if (!isComplete) {
      syncDirectory(base);
      Path parent = base.getParent();
      if (parent != null) {
        syncDirectory(parent);
      }
    }
  }

  boolean isThere() {
    return Files.isDirectory(pending) && Files.isDirectory(processing);
  }

  /** The file whose lock says that a worker lives in this place. */
  Path lockFile(int slot) {
    return base.resolve(slot == 0 ? ".lock" : ".lock." + slot);
  }

  Path heartbeat(int slot) {
    return base.resolve(slot == 0 ? ".heartbeat" : ".heartbeat." + slot);
  }

  Path pidFile(int slot) {
    return base.resolve(slot == 0 ? "worker.pid" : "worker.pid." + slot);
  }

  Path fifo(long pid) {
    return base.resolve(".event_pipe_" + pid);
  }

  Path pauseFile(String kind) {
    return base.resolve(kind.isEmpty() ? "paused" : "paused." + kind);
  }

  // ---- writing

  /** Writes a new file and has it on the device; its name is not, yet. All of it, or nothing. */
  static void writeNew(Path file, byte[] content) throws IOException {
    try {
      write(file, content);
    } catch (FileAlreadyExistsException e) {
      throw e; // it is somebody else's
    } catch (IOException e) {
      Files.deleteIfExists(file); // what is half written takes room where there is none
      throw e;
    }
  }

  private static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(false);
    }
  }

  /** Has the names in a directory on the device. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Replaces a file so that readers see the old content or the new one. Not synced. */
  void replace(Path file, String content) throws IOException {
    Path part = tmp.resolve(file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    Files.writeString(part, content, StandardCharsets.UTF_8);
    move(part, file);
  }

  /** The same, and the content is on the device before it has the name. */
  private void replaceDurably(Path file, String content) throws IOException {
    Path part = tmp.resolve(file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    Files.deleteIfExists(part); // of a process of that number that was killed
    writeNew(part, content.getBytes(StandardCharsets.UTF_8));
    move(part, file);
  }

  static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Moves a file to a name that nobody has: what comes there meanwhile is not replaced. If the
   * process ends in the middle the file has both names, and one identity, which the ledger knows.
   * Of several that move one file, whoever takes away its old name is the one that has moved it.
   *
   * @throws FileAlreadyExistsException if another file has that name
   * @throws NoSuchFileException if it is gone, or somebody else moves it there now
   */
  static void moveNew(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (FileAlreadyExistsException e) {
      if (isSameFile(from, to)) {
        throw new NoSuchFileException(from.toString(), to.toString(), "somebody else moves it");
      }
      throw e;
    } catch (NoSuchFileException e) {
      throw e;
    } catch (FileSystemException | UnsupportedOperationException e) {
      // A directory, or a file system without links.
      if (isTaken(to)) {
        throw new FileAlreadyExistsException(to.toString());
      }
      move(from, to);
      return;
    }
    try {
      Files.delete(from);
    } catch (NoSuchFileException e) {
      Files.deleteIfExists(to); // the other one has it at the place that it wanted
      throw e;
    }
  }

  /**
   * Whether there is something of that name, be it a link that leads nowhere. {@code Files.exists}
   * makes an exception, with a stack, of each name that is free, and most are.
   */
  static boolean isTaken(Path file) throws IOException {
    return file.getFileSystem()
            .provider()
            .readAttributesIfExists(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        != null;
  }

  /** Whether both are names of one file. False if one of them is gone. */
  static boolean isSameFile(Path one, Path other) throws IOException {
    try {
      return key(one).equals(key(other));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Object key(Path file) throws IOException {
    return Objects.requireNonNull(
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey());
  }

  // ---- the end of an entry

  /** Moves a file to {@code directory}, beside what has its name there already. */
  static Path moveBeside(Path file, Path directory, String name) throws IOException {
    for (int i = 1; ; i++) {
      Path target = directory.resolve(i == 1 ? name : name + "~" + i);
      try {
        moveNew(file, target);
        return target;
      } catch (FileAlreadyExistsException e) {
        if (i == COLLISIONS_LIMIT) {
          throw e;
        }
      }
    }
  }

  /**
   * Moves a file to {@code failed/}. The reason is written first: so there is no moment at which an
   * entry is there without one. Its name is made by whoever comes first, and only that one moves a
   * file beside it: so of several workers none replaces what another has put there.
   */
  Path fail(Path file, String name, Failure failure) throws IOException {
    for (int i = 1; i <= COLLISIONS_LIMIT; i++) {
      Path target = failed.resolve(i == 1 ? name : name + "~" + i);
      Path reason = failed.resolve(target.getFileName() + Failure.SUFFIX);
      if (!isTaken(target) && tryCreate(reason)) {
        replaceDurably(reason, failure.toJson() + "\n");
        move(file, target);
        return target;
      }
    }
    throw new FileAlreadyExistsException(failed.resolve(name).toString());
  }

  private static boolean tryCreate(Path file) throws IOException {
    try {
      Files.createFile(file);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}
