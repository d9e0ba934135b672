package gyre.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A lock that the kernel gives back when its process ends, however that is: so a worker that holds
 * it lives, and one that does not is dead. A process id proves neither.
 */
final class InstanceLock implements AutoCloseable {
  /**
   * What this process has. The kernel gives back all locks that a process has on a file as soon as
   * one channel of that file is closed: so a file that is locked here is never opened again. Also
   * the monitor for all that opens and closes such files.
   */
  private static final Set<Path> HELD_HERE = new HashSet<>();

  private static final Set<StandardOpenOption> LOOKING = EnumSet.of(StandardOpenOption.READ);

  private static final Set<StandardOpenOption> TAKING =
      EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);

  private final Path key;
  private final FileChannel channel;

  private InstanceLock(Path key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /** Empty if another has it, in this process or elsewhere. */
  static Optional<InstanceLock> tryTake(Path file) {
    try {
      Path key = key(file);
      synchronized (HELD_HERE) {
        if (HELD_HERE.contains(key)) {
          return Optional.empty();
        }
        FileChannel channel = lock(key, false);
        if (channel == null) {
          return Optional.empty();
        }
        HELD_HERE.add(key);
        return Optional.of(new InstanceLock(key, channel));
      }
    } catch (IOException e) {
      throw QueueException.of("lock", file, e);
    }
  }

  /**
   * Whether somebody has it now; nobody has one that is not there.
   *
   * @throws QueueException if its directory is not there: what is to be locked is missing
   */
  static boolean isHeld(Path file) {
    try {
      Path key = key(file);
      synchronized (HELD_HERE) {
        if (HELD_HERE.contains(key)) {
          return true;
        }
        try (FileChannel channel = lock(key, true)) {
          return channel == null;
        } catch (NoSuchFileException e) {
          return false;
        }
      }
    } catch (IOException e) {
      throw QueueException.of("look at lock", file, e);
    }
  }

  /** One name for a file however it is reached. It need not be there; its directory must be. */
  private static Path key(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    String name = String.valueOf(absolute.getFileName());
    return directory == null ? absolute : directory.toRealPath().resolve(name);
  }

  /**
   * Null if another process has it.
   *
   * @param isShared for one who looks: that takes no right to write, and makes no file
   */
  private static @Nullable FileChannel lock(Path key, boolean isShared) throws IOException {
    FileChannel channel = FileChannel.open(key, isShared ? LOOKING : TAKING);
    try {
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
      if (lock != null) {
        return channel;
      }
    } catch (IOException | OverlappingFileLockException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return null;
  }

  @Override
  public void close() {
    synchronized (HELD_HERE) {
      if (!channel.isOpen()) {
        return; // another may have it by now
      }
      try {
        channel.close();
      } catch (IOException e) {
        // the kernel has given it back all the same
      }
      HELD_HERE.remove(key);
    }
  }
}
