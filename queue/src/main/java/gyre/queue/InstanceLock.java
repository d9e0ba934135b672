package gyre.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A lock that the kernel gives back when its process ends, however that is: so a worker that holds
 * it lives, and one that does not is dead. A process id proves neither.
 */
final class InstanceLock implements AutoCloseable {
  private final FileChannel channel;

  private InstanceLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Empty if another has it, in this process or elsewhere. */
  static Optional<InstanceLock> tryTake(Path file) {
    return tryTake(file, false);
  }

  private static Optional<InstanceLock> tryTake(Path file, boolean isShared) {
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
        if (lock != null) {
          return Optional.of(new InstanceLock(channel));
        }
      } catch (OverlappingFileLockException e) {
        // held within this process
      }
      channel.close();
      return Optional.empty();
    } catch (IOException e) {
      throw QueueException.of("lock", file, e);
    }
  }

  /** Whether somebody has it now. */
  static boolean isHeld(Path file) {
    Optional<InstanceLock> lock = tryTake(file, true);
    lock.ifPresent(InstanceLock::close);
    return lock.isEmpty();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the kernel has given it back all the same
    }
  }
}
